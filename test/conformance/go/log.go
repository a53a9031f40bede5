package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// tiles reads the tiles of C2SP tlog-tiles: those of the Go checksum database with the height left out of the path.
type tiles struct{ folder string }

func (t tiles) Height() int                                 { return height }
func (t tiles) SaveTiles(wanted []tlog.Tile, data [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		var err error
		if data[i], err = os.ReadFile(t.path(tile)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (t tiles) path(tile tlog.Tile) string {
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return filepath.Join(t.folder, strings.Replace(path, "tile/data/", "tile/entries/", 1))
}

// log is a log's folder.
type log struct {
	tiles
	tree  tlog.Tree
	older []tlog.Tree
	roots map[int64]tlog.Hash
	tlog.HashReader
}

func openLog(folder string, known keys, report *Report) (*log, error) {
	tree, err := openCheckpoint(filepath.Join(folder, "checkpoint"), known, report)
	if err != nil {
		return nil, err
	}
	opened := &log{tiles: tiles{folder}, tree: tree, roots: map[int64]tlog.Hash{tree.N: tree.Hash}}
	opened.HashReader = tlog.TileHashReader(tree, opened.tiles)
	paths, err := filepath.Glob(filepath.Join(folder, "checkpoints", "*"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if strings.Contains(filepath.Base(path), ".") {
			continue // what came of a checkpoint: timestamps
		}
		older, err := openCheckpoint(path, known, report)
		if err != nil {
			return nil, err
		}
		opened.older = append(opened.older, older)
		opened.roots[older.N] = older.Hash
	}
	report.Size = tree.N
	return opened, nil
}

// stored is a tree in memory, all its hashes computed here.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = s[index]
	}
	return hashes, nil
}

// checkEntries computes the tree from the entries and compares all of it with what was published: the root, and every tile.
//
// It does not rely on the tile reader of sumdb/tlog to refuse altered tiles: that one leaves some full tiles unchecked where several of
// the subtrees on the right edge lie in one tile (seen with golang.org/x/mod v0.38.0 and a log of 66,000 entries).
func (l *log) checkEntries(report *Report) error {
	const width = 1 << height
	var tree stored
	for first := int64(0); first < l.tree.N; first += width {
		tile := tlog.Tile{H: height, L: -1, N: first / width, W: int(min(width, l.tree.N-first))}
		bundle, err := os.ReadFile(l.path(tile))
		if err != nil {
			return err
		}
		for i := range tile.W {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return fmt.Errorf("%s is cut off", l.path(tile))
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			hashes, err := tlog.StoredHashes(first+int64(i), bundle[2:end], tree)
			if err != nil {
				return err
			}
			tree = append(tree, hashes...)
			bundle = bundle[end:]
			report.Entries++
		}
		if len(bundle) != 0 {
			return fmt.Errorf("%s has %d bytes too many", l.path(tile), len(bundle))
		}
	}
	root, err := tlog.TreeHash(l.tree.N, tree)
	if err != nil {
		return err
	}
	if root != l.tree.Hash {
		return fmt.Errorf("the entries have the root %v, not that of the checkpoint", root)
	}
	return l.checkTiles(tree, report)
}

func (l *log) checkTiles(tree stored, report *Report) error {
	for _, tile := range tlog.NewTiles(height, 0, l.tree.N) {
		data, err := tlog.ReadTileData(tile, tree)
		if err != nil {
			return err
		}
		published, err := os.ReadFile(l.path(tile))
		if err != nil {
			return err
		}
		if !bytes.Equal(data, published) {
			return fmt.Errorf("%s is not the tile of these entries", l.path(tile))
		}
		report.Tiles++
	}
	return nil
}

// checkInclusion proves entries through the published tiles: those on the edges of tiles, and one in the middle of each.
func (l *log) checkInclusion(report *Report) error {
	for index := range l.tree.N {
		if at := index & 0xff; at != 0 && at != 97 && at != 255 && index != l.tree.N-1 {
			continue
		}
		hashes, err := l.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return err
		}
		if err := l.proveEntry(index, hashes[0]); err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
		report.Inclusion++
	}
	return nil
}

func (l *log) proveEntry(index int64, hash tlog.Hash) error {
	proof, err := tlog.ProveRecord(l.tree.N, index, l)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, l.tree.N, l.tree.Hash, index, hash)
}

// checkConsistency proves that every older checkpoint tells of the beginning of this tree.
func (l *log) checkConsistency(report *Report) error {
	for _, older := range l.older {
		proof, err := tlog.ProveTree(l.tree.N, older.N, l)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, l.tree.N, l.tree.Hash, older.N, older.Hash); err != nil {
			return fmt.Errorf("the checkpoint of size %d: %w", older.N, err)
		}
		report.Consistency++
	}
	return nil
}
