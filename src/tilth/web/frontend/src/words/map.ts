export const map = {
  "map.title": ["Map", "x"],
} as const;
