export const check = {
  "check.title": ["Check", "x"],
} as const;
