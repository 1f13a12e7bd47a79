package main

import (
	"context"

	"github.com/tektoncd/pipeline/pkg/apis/config"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline"
	tekton "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"github.com/tektoncd/pipeline/pkg/container"
	"github.com/tektoncd/pipeline/pkg/pod"
	"github.com/tektoncd/pipeline/pkg/workspace"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"
	discovery "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"
)

// tektonPod makes the pod of a run of a Task as the controller does (pkg/reconciler/taskrun, createPod), with a fresh
// emptyDir for each workspace; with the argument "native" as if enable-kubernetes-sidecar were on.
func tektonPod(input []byte, args []string) (*corev1.PodSpec, error) {
	task := &tekton.Task{}
	if err := yaml.UnmarshalStrict(input, task); err != nil {
		return nil, err
	}
	ctx := context.Background()
	settings := config.FromContextOrDefaults(ctx)
	settings.FeatureFlags.EnableKubernetesSidecar = len(args) > 0 && args[0] == "native"
	ctx = config.ToContext(ctx, settings)
	task.SetDefaults(ctx)
	if err := task.Validate(ctx); err != nil {
		return nil, err
	}
	run := &tekton.TaskRun{ObjectMeta: metav1.ObjectMeta{Name: "run", Namespace: "default"}}
	for _, each := range task.Spec.Workspaces {
		binding := tekton.WorkspaceBinding{Name: each.Name, EmptyDir: &corev1.EmptyDirVolumeSource{}}
		run.Spec.Workspaces = append(run.Spec.Workspaces, binding)
	}
	run.SetDefaults(ctx)
	volumes := workspace.CreateVolumes(run.Spec.Workspaces)
	named(&task.Spec, volumes)
	spec, err := workspace.Apply(ctx, task.Spec, run.Spec.Workspaces, volumes)
	if err != nil {
		return nil, err
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "default"}}
	client := fake.NewClientset(account)
	client.Discovery().(*discovery.FakeDiscovery).FakedServerVersion = &version.Info{Major: "1", Minor: "33"}
	builder := pod.Builder{Images: pipeline.Images{EntrypointImage: "entrypoint", NopImage: "nop"}, KubeClient: client}
	made, err := builder.Build(ctx, run, *spec)
	if err != nil {
		return nil, err
	}
	return &made.Spec, nil
}

// named puts the names and paths of workspaces into the Task, as pkg/reconciler/taskrun/resources, ApplyWorkspaces does:
// that package would bring the clients of every cloud's key service with it.
func named(spec *tekton.TaskSpec, volumes map[string]corev1.Volume) {
	values := map[string]string{}
	for _, each := range spec.Workspaces {
		values["workspaces."+each.Name+".path"] = each.GetMountPath()
		values["workspaces."+each.Name+".volume"] = volumes[each.Name].Name
	}
	for i := range spec.Steps {
		container.ApplyStepReplacements(&spec.Steps[i], values, nil)
	}
	for i := range spec.Sidecars {
		container.ApplySidecarReplacements(&spec.Sidecars[i], values, nil)
	}
}
