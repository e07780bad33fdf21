/** What needs doing. */
export const today = {
  "today.title": ["Today", "今日事项"],
  "today.lead": ["What needs doing in {region}, what is urgent first.", "{region}待办事项，急办在前。"],
  "today.urgent": ["Urgent", "急办"],
  "today.open": ["Open", "待办"],
  "today.nothing": ["Nothing needs doing. Well kept.", "没有待办事项。"],
  "today.due": ["Due", "期限"],
  "today.pbf": ["Basic farmland still farmed", "永农中现状耕地"],
  "today.go": ["Go there", "前往办理"],
  "today.what": ["What", "事项"],
  "today.standing": ["Standing of {year}", "{year} 年任务完成情况"],
  "todo.survey": ["Survey", "调查成果"],
  "todo.finding": ["Findings of the survey", "成果检查问题"],
  "todo.standing": ["Tasks", "保护任务"],
  "todo.reservation": ["Reservations", "预留"],
  "todo.acceptance": ["Replacement land", "补充耕地跟踪"],
  "todo.closing": ["Years to close", "年度结账"],
} as const;
