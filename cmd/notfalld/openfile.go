package main

import (
	"errors"
	"fmt"
	"os"
)

// What is read of files that a command names, in bytes.
const (
	maxMailFile  = 1 << 30   // of a large one only header and text parts are kept
	maxTableFile = 256 << 20 // inventory and contacts
)

// openRegular opens a file of at most limit bytes, or what a link to one leads to. What is not regular is not even opened: opening a named pipe waits for a
// writer, for ever and whatever signal comes, and a device may have no end.
func openRegular(path string, limit int64) (*os.File, error) {
	st, err := os.Stat(path)
	if err == nil {
		err = isRegular(st, limit)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if st, err = f.Stat(); err == nil { // it may have been replaced meanwhile
		err = isRegular(st, limit)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func isRegular(st os.FileInfo, limit int64) error {
	switch {
	case st.IsDir():
		return errors.New("is a folder; name the files in it")
	case !st.Mode().IsRegular():
		return fmt.Errorf("is no regular file (%s)", st.Mode())
	case st.Size() > limit:
		return fmt.Errorf("has %d bytes, and at most %d are read", st.Size(), limit)
	}
	return nil
}
