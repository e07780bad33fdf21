"""Classes of salinity, sodicity and ions under any scheme."""
