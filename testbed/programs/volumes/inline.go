package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// inlineDriver serves `csi:` volumes in pod specifications: an empty folder for each, gone with the pod.
type inlineDriver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedNodeServer
	registration.UnimplementedRegistrationServer
	node, root, endpoint string
}

// serve opens both sockets, kubelet's registration last: once it is there, kubelet calls.
func (driver *inlineDriver) serve(ctx context.Context, kubelet string) error {
	driver.endpoint = filepath.Join(kubelet, "plugins", Name, "csi.sock")
	service := grpc.NewServer()
	csi.RegisterIdentityServer(service, driver)
	csi.RegisterNodeServer(service, driver)
	if err := listen(ctx, service, driver.endpoint); err != nil {
		return err
	}
	register := grpc.NewServer()
	registration.RegisterRegistrationServer(register, driver)
	return listen(ctx, register, filepath.Join(kubelet, "plugins_registry", Name+"-reg.sock"))
}

func listen(ctx context.Context, server *grpc.Server, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make the socket's folder: %w", err)
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove the socket of an earlier instance: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	go func() {
		if err := server.Serve(listener); err != nil {
			log.Fatalf("volumes: %s: %v", path, err)
		}
	}()
	context.AfterFunc(ctx, server.Stop)
	return nil
}

func (driver *inlineDriver) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{Type: registration.CSIPlugin, Name: Name, Endpoint: driver.endpoint, SupportedVersions: []string{"1.0.0"}}, nil
}

func (driver *inlineDriver) NotifyRegistrationStatus(_ context.Context, result *registration.RegistrationStatus) (*registration.RegistrationStatusResponse, error) {
	if !result.PluginRegistered {
		log.Printf("volumes: kubelet refuses the registration: %s", result.Error)
	}
	return &registration.RegistrationStatusResponse{}, nil
}

func (driver *inlineDriver) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: Name, VendorVersion: "1"}, nil
}

func (driver *inlineDriver) GetPluginCapabilities(context.Context, *csi.GetPluginCapabilitiesRequest) (*csi.GetPluginCapabilitiesResponse, error) {
	return &csi.GetPluginCapabilitiesResponse{}, nil
}

func (driver *inlineDriver) Probe(context.Context, *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return &csi.ProbeResponse{}, nil
}

func (driver *inlineDriver) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: driver.node}, nil
}

func (driver *inlineDriver) NodeGetCapabilities(context.Context, *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	return &csi.NodeGetCapabilitiesResponse{}, nil
}

func (driver *inlineDriver) NodePublishVolume(_ context.Context, request *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	folder, err := driver.folder(request.GetVolumeId())
	if err != nil {
		return nil, err
	}
	target := request.GetTargetPath()
	for _, path := range []string{folder, target} {
		if err := os.MkdirAll(path, 0o777); err != nil {
			return nil, status.Errorf(codes.Internal, "make %s: %v", path, err)
		}
	}
	if err := os.Chmod(folder, 0o777); err != nil {
		return nil, status.Errorf(codes.Internal, "open %s to everyone: %v", folder, err)
	}
	// Every attribute becomes a file, so that a test can see what it said in the pod.
	for name, value := range request.GetVolumeContext() {
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), []byte(value), 0o644); err != nil {
			return nil, status.Errorf(codes.Internal, "write attribute %s: %v", name, err)
		}
	}
	if err := unix.Mount(folder, target, "", unix.MS_BIND, ""); err != nil {
		return nil, status.Errorf(codes.Internal, "bind %s to %s: %v", folder, target, err)
	}
	return &csi.NodePublishVolumeResponse{}, nil
}

func (driver *inlineDriver) NodeUnpublishVolume(_ context.Context, request *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	folder, err := driver.folder(request.GetVolumeId())
	if err != nil {
		return nil, err
	}
	target := request.GetTargetPath()
	if err := unix.Unmount(target, 0); err != nil && err != unix.EINVAL && err != unix.ENOENT {
		return nil, status.Errorf(codes.Internal, "unmount %s: %v", target, err)
	}
	for _, path := range []string{target, folder} {
		if err := os.RemoveAll(path); err != nil {
			return nil, status.Errorf(codes.Internal, "remove %s: %v", path, err)
		}
	}
	return &csi.NodeUnpublishVolumeResponse{}, nil
}

func (driver *inlineDriver) folder(id string) (string, error) {
	if id == "" || id != filepath.Base(id) {
		return "", status.Errorf(codes.InvalidArgument, "%q is no volume's name", id)
	}
	return filepath.Join(driver.root, "inline", id), nil
}
