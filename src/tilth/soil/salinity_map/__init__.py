"""A model of salinity, judged on land it has not seen, and the map, parcels and class areas made with it."""
