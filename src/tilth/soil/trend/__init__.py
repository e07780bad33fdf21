"""Where land grows saltier or fresher, with false calls held down."""
