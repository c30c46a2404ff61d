// Package jail is an SFTP server in the process for demonstrations and tests:
// one user, one folder. Every path is confined to that folder by os.Root, so
// that neither "..", an absolute path nor a symbolic link leads out of it.
// It offers files only: no shell, no forwarding, no making of links.
//
// Hospitals' servers do not belong here; this is not one for them.
package jail

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// handshakeTime is how long a client may take to sign in; connectionLimit is
// how many may be there at once.
const (
	handshakeTime   = 20 * time.Second
	connectionLimit = 64
)

// Serve answers on ln until ctx ends, then ends its connections and returns
// nil. It closes ln. All paths are below root, which must exist.
func Serve(ctx context.Context, ln net.Listener, root string, hostKey ssh.Signer, user, password string) error {
	defer func() { _ = ln.Close() }()
	folder, err := os.OpenRoot(root)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	config := &ssh.ServerConfig{PasswordCallback: passwordOf(user, password)}
	config.AddHostKey(hostKey)

	var serving sync.WaitGroup
	defer serving.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	free := make(chan struct{}, connectionLimit)
	for {
		conn, err := ln.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err != nil {
			// Out of descriptors, or a client that went away: others may come.
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		select {
		case free <- struct{}{}:
		default:
			_ = conn.Close()
			continue
		}
		serving.Go(func() {
			defer func() { <-free }()
			serve(ctx, conn, config, folder)
		})
	}
}

// passwordOf compares in a time that tells nothing of how much was right.
func passwordOf(user, password string) func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
	wantUser, wantPassword := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
	return func(meta ssh.ConnMetadata, given []byte) (*ssh.Permissions, error) {
		gotUser, gotPassword := sha256.Sum256([]byte(meta.User())), sha256.Sum256(given)
		if subtle.ConstantTimeCompare(wantUser[:], gotUser[:])&subtle.ConstantTimeCompare(wantPassword[:], gotPassword[:]) != 1 {
			return nil, errors.New("wrong user or password")
		}
		return nil, nil
	}
}

func serve(ctx context.Context, tcp net.Conn, config *ssh.ServerConfig, folder *os.Root) {
	defer func() { _ = tcp.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = tcp.Close() })
	defer stop()
	_ = tcp.SetDeadline(time.Now().Add(handshakeTime))
	conn, channels, requests, err := ssh.NewServerConn(tcp, config)
	if err != nil {
		return
	}
	_ = tcp.SetDeadline(time.Time{})
	var sessions sync.WaitGroup
	defer sessions.Wait()
	defer func() { _ = conn.Close() }()
	sessions.Go(func() { ssh.DiscardRequests(requests) })
	for offered := range channels {
		if offered.ChannelType() != "session" {
			_ = offered.Reject(ssh.UnknownChannelType, "only SFTP sessions are served")
			continue
		}
		channel, asked, err := offered.Accept()
		if err != nil {
			return
		}
		sessions.Go(func() { session(channel, asked, folder, &sessions) })
	}
}

// session answers the requests of one channel, of which only SFTP is granted.
func session(channel ssh.Channel, asked <-chan *ssh.Request, folder *os.Root, sessions *sync.WaitGroup) {
	defer func() { _ = channel.Close() }()
	started := false
	for request := range asked {
		granted := !started && request.Type == "subsystem" && string(request.Payload) == "\x00\x00\x00\x04sftp"
		_ = request.Reply(granted, nil)
		if !granted {
			continue
		}
		started = true
		h := handlers{root: folder}
		server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h})
		sessions.Go(func() {
			_ = server.Serve()
			_ = server.Close()
		})
	}
}
