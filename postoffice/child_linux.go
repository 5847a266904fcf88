package postoffice

import "syscall"

// attributes makes the kernel end the child when this process dies without having ended it.
func attributes(as runAs) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if as.set {
		a.Credential = &syscall.Credential{Uid: as.uid, Gid: as.gid}
	}
	return a
}
