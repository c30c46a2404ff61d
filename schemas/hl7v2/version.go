package hl7v2

// versionAtLeast reports whether MSH-12 names version major.minor.patch or a
// later one. A version that cannot be read is older than any.
func versionAtLeast(version string, major, minor, patch int) bool {
	return releaseOf(version) >= release(major*10_000+minor*100+patch)
}
