# A real Kubernetes on this machine: docs/contributing/testbed.md
.PHONY: cluster cluster-down cluster-status test-cluster
BED = $(call ENV,cluster) && .venv/bin/python -m testbed

cluster: ## a Kubernetes of two nodes on this machine; writes .cluster/kubeconfig and .cluster/bin
	@$(PROVISION) --for cluster
	@$(BED) up

cluster-down: ## remove it, all but the compiled programs
	@.venv/bin/python -m testbed down

cluster-status: ## what runs on each of its machines
	@.venv/bin/python -m testbed status

test-cluster: ## tests on a real cluster: the bed's, or the one that DINP_TEST_KUBECONFIG names
	@$(PROVISION) --for cluster
	@$(BED) with -- sh -c '$(PYTEST) -m cluster || { $(AGAIN) -m cluster; }'

test: test-cluster
