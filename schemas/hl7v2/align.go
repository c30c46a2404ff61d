package hl7v2

import "bytes"

// maxAlign bounds the table with which segments are aligned, in cells.
const maxAlign = 4 << 20

// align pairs the segments of two messages in order: -1 stands for one that
// the other message does not have. It finds the pairs with the most in common:
// segments of equal bytes first, then of equal names.
func align(a, b *Message) [][2]int {
	var head, tail [][2]int
	i, j, m, n := 0, 0, a.Len(), b.Len()
	for i < m && j < n && same(a, b, i, j) == equal {
		head = append(head, [2]int{i, j})
		i, j = i+1, j+1
	}
	for m > i && n > j && same(a, b, m-1, n-1) == equal {
		m, n = m-1, n-1
		tail = append(tail, [2]int{m, n})
	}
	if (m-i+1)*(n-j+1) > maxAlign {
		head = append(head, byName(a, b, i, m, j, n)...)
	} else {
		head = append(head, longest(a, b, i, m, j, n)...)
	}
	for k := len(tail) - 1; k >= 0; k-- {
		head = append(head, tail[k])
	}
	return head
}

// How much two segments have in common. Of a stretch of segments that changed
// the names still pair, but never at the cost of an equal pair.
const (
	nothingAlike = 0
	named        = 1
	equal        = 1000
)

func same(a, b *Message, i, j int) int {
	x, y := a.Segment(i), b.Segment(j)
	switch {
	case !x.is(y.Name()):
		return nothingAlike
	case bytes.Equal(x.Raw(), y.Raw()):
		return equal
	}
	return named
}

// longest aligns by the usual table of common subsequences.
func longest(a, b *Message, i, m, j, n int) (pairs [][2]int) {
	firstA, firstB, width := i, j, n-j+1
	score := make([]int32, (m-i+1)*width)
	cell := func(x, y int) *int32 { return &score[(x-firstA)*width+(y-firstB)] }
	for x := m - 1; x >= i; x-- {
		for y := n - 1; y >= j; y-- {
			best := max(*cell(x+1, y), *cell(x, y+1))
			if s := same(a, b, x, y); s > 0 {
				best = max(best, *cell(x+1, y+1)+int32(s))
			}
			*cell(x, y) = best
		}
	}
	for i < m && j < n {
		s := same(a, b, i, j)
		switch here := *cell(i, j); {
		case s > 0 && here == *cell(i+1, j+1)+int32(s):
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case here == *cell(i+1, j):
			pairs = append(pairs, [2]int{i, -1})
			i++
		default:
			pairs = append(pairs, [2]int{-1, j})
			j++
		}
	}
	for ; i < m; i++ {
		pairs = append(pairs, [2]int{i, -1})
	}
	for ; j < n; j++ {
		pairs = append(pairs, [2]int{-1, j})
	}
	return pairs
}

// byName pairs the nth segment of a name with the nth, for messages too large
// for a table.
func byName(a, b *Message, i, m, j, n int) (pairs [][2]int) {
	waiting := map[string][]int{}
	for y := j; y < n; y++ {
		name := b.Segment(y).Name()
		waiting[name] = append(waiting[name], y)
	}
	taken := make(map[int]bool, n-j)
	for x := i; x < m; x++ {
		name := a.Segment(x).Name()
		if list := waiting[name]; len(list) > 0 {
			pairs = append(pairs, [2]int{x, list[0]})
			taken[list[0]] = true
			waiting[name] = list[1:]
		} else {
			pairs = append(pairs, [2]int{x, -1})
		}
	}
	for y := j; y < n; y++ {
		if !taken[y] {
			pairs = append(pairs, [2]int{-1, y})
		}
	}
	return pairs
}
