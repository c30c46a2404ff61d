package embeddedpg

import "testing"

func TestSharedBuffers_FollowMemoryWithinBounds(t *testing.T) {
	t.Parallel()
	for memory, want := range map[int64]string{0: "128MB", 512 << 20: "128MB", 4 << 30: "512MB", 64 << 30: "2048MB"} {
		if got := sharedBuffers(memory); got != want {
			t.Errorf("of %d bytes: %s, want %s", memory, got, want)
		}
	}
}
