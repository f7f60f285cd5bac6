// Command control-plane is a real Kubernetes control plane in one binary, for the tests: its first argument picks etcd or
// one of the Kubernetes server programs, the rest are that program's own flags.
//
// The extra program "key" writes a new private key, for signing service account tokens, to the file it is given.
//
// With CONTROL_PLANE_LIFELINE=stdin a program ends when its standard input does, that is, when whoever started it is
// gone, however that came about.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

const usage = "usage: control-plane etcd|kube-apiserver|kube-controller-manager|kube-scheduler [flags]\n" +
	"       control-plane key FILE"

// patience is how long a program may take to end by itself once its lifeline is cut.
const patience = 3 * time.Second

func main() {
	if len(os.Args) < 2 {
		fail(usage)
	}
	// Each program reads os.Args itself and expects its own name first.
	os.Args = os.Args[1:]
	if os.Getenv("CONTROL_PLANE_LIFELINE") == "stdin" {
		go endWithStandardInput()
	}
	switch os.Args[0] {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		run(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		run(controllermanager.NewControllerManagerCommand())
	case "kube-scheduler":
		run(scheduler.NewSchedulerCommand())
	case "key":
		writeKey()
	default:
		fail(fmt.Sprintf("control-plane: unknown program %q\n%s", os.Args[0], usage))
	}
}

func run(command *cobra.Command) {
	os.Exit(cli.Run(command))
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}

func writeKey() {
	if len(os.Args) != 2 {
		fail(usage)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fail(err.Error())
	}
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		fail(err.Error())
	}
	if err := keyutil.WriteKey(os.Args[1], pem); err != nil {
		fail(err.Error())
	}
}

func endWithStandardInput() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	time.Sleep(patience)
	os.Exit(1)
}
