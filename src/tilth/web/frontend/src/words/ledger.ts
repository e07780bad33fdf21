export const ledger = {
  "ledger.title": ["Ledger", "x"],
} as const;
