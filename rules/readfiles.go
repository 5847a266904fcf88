package rules

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
)

// maxRuleFile bounds one rule file: a vocabulary of a whole language is smaller.
const maxRuleFile = 1 << 20

// FileError says why a file was not read, and what to do about it. It does not name the file.
type FileError struct {
	Text string
	Mend string // or ""
	Err  error  // of the file system, or nil
}

func (e *FileError) Error() string { return e.Text }

func (e *FileError) Unwrap() error { return e.Err }

// ReadRegular reads a regular file, or what a link to one leads to, of at most limit bytes. What is not regular is not even opened:
// opening a named pipe waits for a writer, and a device may have no end. The error is a *FileError.
func ReadRegular(folder fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err != nil {
		return nil, unreadable(err)
	}
	if err := regular(info, limit); err != nil {
		return nil, err
	}
	f, err := folder.Open(name)
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil { // it may have been replaced meanwhile
		return nil, unreadable(err)
	}
	if err := regular(info, limit); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1)) // it may grow, and in some file systems no file tells its size
	if err != nil {
		return nil, unreadable(err)
	}
	if int64(len(text)) > limit {
		return nil, &FileError{Text: fmt.Sprintf("the file has more than %d bytes, and no more are read", limit), Mend: "split it, or make it shorter"}
	}
	return text, nil
}

func regular(info fs.FileInfo, limit int64) error {
	mode := info.Mode()
	kind := ""
	switch {
	case mode.IsRegular() && info.Size() > limit:
		return &FileError{Text: fmt.Sprintf("the file has %d bytes, and at most %d are read", info.Size(), limit), Mend: "split it, or make it shorter"}
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		kind = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a named pipe"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	default:
		kind = "something else"
	}
	return &FileError{Text: "is " + kind + ", and no file that can be read", Mend: "put a file there, or give it another name"}
}

// unreadable is an error of the file system without the name of the file.
func unreadable(err error) error {
	why := err.Error()
	var pe *fs.PathError
	if errors.As(err, &pe) {
		why = pe.Err.Error()
	}
	e := &FileError{Text: "cannot be read: " + why, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Mend = "it is a link that leads nowhere, or was removed just now"
	case errors.Is(err, fs.ErrPermission):
		e.Mend = "let the user that runs notfalld read it"
	}
	return e
}

// fileProblem is what is wrong with a file as a whole.
func fileProblem(name string, err error) Problem {
	p := Problem{File: name, Text: err.Error()}
	var fe *FileError
	if errors.As(err, &fe) {
		p.Mend = fe.Mend
	}
	return p
}

// ReadFiles reads the rule files of a folder, in name order: *.yaml and *.yml, without tests and what begins with a
// dot. prefix is put before the names in problems. If some files cannot be read the error is Problems, one for each, and the
// others are given all the same; any other error is that of the folder.
func ReadFiles(folder fs.FS, prefix string) ([]File, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, fmt.Errorf("reading rule files: %w", err)
	}
	var files []File
	var wrong Problems
	for _, e := range entries {
		name := e.Name()
		if !isRuleFile(name) || isTestFile(name) {
			continue
		}
		text, err := ReadRegular(folder, name, maxRuleFile)
		if err != nil {
			wrong = append(wrong, fileProblem(path.Join(prefix, name), err))
			continue
		}
		files = append(files, File{Name: path.Join(prefix, name), Text: text})
	}
	if wrong != nil {
		return files, wrong
	}
	return files, nil
}
