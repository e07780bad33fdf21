export const today = {
  "today.title": ["Today", "x"],
} as const;
