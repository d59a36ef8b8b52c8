"""The few things pages are composed of."""
