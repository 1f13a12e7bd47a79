// Volumes of a node: dynamically provisioned local ones, and CSI inline ones.
//
// One instance runs on each node. It provisions the claims whose pods the scheduler has put on this node, as folders below
// /volumes, and removes them with their claims; and it serves the inline volumes of this node's pods through kubelet's
// plugin registration.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Name is the driver's and the provisioner's.
const Name = "volumes.bed"

func main() {
	node := flag.String("node", os.Getenv("NODE_NAME"), "the node that this instance serves")
	root := flag.String("root", "/volumes", "where volumes are made; the same path on the node")
	sockets := flag.String("sockets", "/var/lib/kubelet", "kubelet's folder")
	flag.Parse()
	if *node == "" {
		log.Fatal("volumes: no node named: set NODE_NAME or -node")
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatalf("volumes: %v", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatalf("volumes: %v", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	driver := &inlineDriver{node: *node, root: *root}
	if err := driver.serve(ctx, *sockets); err != nil {
		log.Fatalf("volumes: %v", err)
	}
	provision(ctx, client, *node, *root)
}
