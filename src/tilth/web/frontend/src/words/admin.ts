export const admin = {
  "admin.title": ["Admin", "x"],
} as const;
