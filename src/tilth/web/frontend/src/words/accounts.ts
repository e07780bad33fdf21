export const accounts = {
  "accounts.title": ["Accounts", "x"],
} as const;
