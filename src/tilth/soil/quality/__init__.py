"""The register of farmland quality: columns, indices, accounts and what each parcel lacks."""
