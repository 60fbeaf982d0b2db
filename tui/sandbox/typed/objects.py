"""Metadata and every kind but the Pod: `k8s.io/apimachinery/pkg/apis/meta/v1` and the groups of `k8s.io/api`.

Read by `typed.table`, which says how to read a line.
"""

OBJECT_TYPES = """
AttachedVolume: name devicePath
ClientIPConfig: timeoutSeconds=int32
Condition: type status observedGeneration=int64 lastTransitionTime=time reason message
ConfigMap: metadata=ObjectMeta immutable=bool data={string} binaryData={bytes}
ConfigMapNodeConfigSource: namespace name uid resourceVersion kubeletConfigKey
ContainerImage: names=[string] sizeBytes=int64
DaemonEndpoint: Port=int32
Deployment: metadata=ObjectMeta spec=DeploymentSpec status=DeploymentStatus
DeploymentCondition: type status lastUpdateTime=time lastTransitionTime=time reason message
DeploymentSpec: replicas=int32 selector=LabelSelector template=PodTemplateSpec strategy=DeploymentStrategy
    minReadySeconds=int32 revisionHistoryLimit=int32 paused=bool progressDeadlineSeconds=int32
DeploymentStatus: observedGeneration=int64 replicas=int32 updatedReplicas=int32 readyReplicas=int32
    availableReplicas=int32 unavailableReplicas=int32 terminatingReplicas=int32 conditions=[DeploymentCondition]
    collisionCount=int32
DeploymentStrategy: type rollingUpdate=RollingUpdateDeployment
Event: metadata=ObjectMeta involvedObject=ObjectReference reason message source=EventSource firstTimestamp=time
    lastTimestamp=time count=int32 type eventTime=microtime series=EventSeries action related=ObjectReference
    reportingComponent reportingInstance
EventSeries: count=int32 lastObservedTime=microtime
EventSource: component host
FieldSelectorAttributes: rawSelector requirements=[FieldSelectorRequirement]
FieldSelectorRequirement: key operator values=[string]
LabelSelector: matchLabels={string} matchExpressions=[LabelSelectorRequirement]
LabelSelectorAttributes: rawSelector requirements=[LabelSelectorRequirement]
LabelSelectorRequirement: key operator values=[string]
Lease: metadata=ObjectMeta spec=LeaseSpec
LeaseSpec: holderIdentity leaseDurationSeconds=int32 acquireTime=microtime renewTime=microtime leaseTransitions=int32
    strategy preferredHolder
LoadBalancerIngress: ip hostname ipMode ports=[PortStatus]
LoadBalancerStatus: ingress=[LoadBalancerIngress]
ManagedFieldsEntry: manager operation apiVersion time=time fieldsType fieldsV1=any subresource
Namespace: metadata=ObjectMeta spec=NamespaceSpec status=NamespaceStatus
NamespaceCondition: type status lastTransitionTime=time reason message
NamespaceSpec: finalizers=[string]
NamespaceStatus: phase conditions=[NamespaceCondition]
Node: metadata=ObjectMeta spec=NodeSpec status=NodeStatus
NodeAddress: type address
NodeCondition: type status lastHeartbeatTime=time lastTransitionTime=time reason message
NodeConfigSource: configMap=ConfigMapNodeConfigSource
NodeConfigStatus: assigned=NodeConfigSource active=NodeConfigSource lastKnownGood=NodeConfigSource error
NodeDaemonEndpoints: kubeletEndpoint=DaemonEndpoint
NodeFeatures: supplementalGroupsPolicy=bool
NodeRuntimeHandler: name features=NodeRuntimeHandlerFeatures
NodeRuntimeHandlerFeatures: recursiveReadOnlyMounts=bool userNamespaces=bool
NodeSpec: podCIDR podCIDRs=[string] providerID unschedulable=bool taints=[Taint] configSource=NodeConfigSource
    externalID
NodeStatus: capacity={quantity} allocatable={quantity} phase conditions=[NodeCondition] addresses=[NodeAddress]
    daemonEndpoints=NodeDaemonEndpoints nodeInfo=NodeSystemInfo images=[ContainerImage] volumesInUse=[string]
    volumesAttached=[AttachedVolume] config=NodeConfigStatus runtimeHandlers=[NodeRuntimeHandler]
    features=NodeFeatures declaredFeatures=[string]
NodeSwapStatus: capacity=int64
NodeSystemInfo: machineID systemUUID bootID kernelVersion osImage containerRuntimeVersion kubeletVersion
    kubeProxyVersion operatingSystem architecture swap=NodeSwapStatus
NonResourceAttributes: path verb
NonResourceRule: verbs=[string] nonResourceURLs=[string]
ObjectMeta: name generateName namespace selfLink uid resourceVersion generation=int64 creationTimestamp=time
    deletionTimestamp=time deletionGracePeriodSeconds=int64 labels={string} annotations={string}
    ownerReferences=[OwnerReference] finalizers=[string] managedFields=[ManagedFieldsEntry]
ObjectReference: kind namespace name uid apiVersion resourceVersion fieldPath
OwnerReference: apiVersion kind name uid controller=bool blockOwnerDeletion=bool
PodDisruptionBudget: metadata=ObjectMeta spec=PodDisruptionBudgetSpec status=PodDisruptionBudgetStatus
PodDisruptionBudgetSpec: minAvailable=intstr selector=LabelSelector maxUnavailable=intstr unhealthyPodEvictionPolicy
PodDisruptionBudgetStatus: observedGeneration=int64 disruptedPods={time} disruptionsAllowed=int32 currentHealthy=int32
    desiredHealthy=int32 expectedPods=int32 conditions=[Condition]
PodTemplateSpec: metadata=ObjectMeta spec=PodSpec
PortStatus: port=int32 protocol error
ReplicaSet: metadata=ObjectMeta spec=ReplicaSetSpec status=ReplicaSetStatus
ReplicaSetCondition: type status lastTransitionTime=time reason message
ReplicaSetSpec: replicas=int32 minReadySeconds=int32 selector=LabelSelector template=PodTemplateSpec
ReplicaSetStatus: replicas=int32 fullyLabeledReplicas=int32 readyReplicas=int32 availableReplicas=int32
    terminatingReplicas=int32 observedGeneration=int64 conditions=[ReplicaSetCondition]
ResourceAttributes: namespace verb group version resource subresource name fieldSelector=FieldSelectorAttributes
    labelSelector=LabelSelectorAttributes
ResourceQuota: metadata=ObjectMeta spec=ResourceQuotaSpec status=ResourceQuotaStatus
ResourceQuotaSpec: hard={quantity} scopes=[string] scopeSelector=ScopeSelector
ResourceQuotaStatus: hard={quantity} used={quantity}
ResourceRule: verbs=[string] apiGroups=[string] resources=[string] resourceNames=[string]
RollingUpdateDeployment: maxUnavailable=intstr maxSurge=intstr
ScopeSelector: matchExpressions=[ScopedResourceSelectorRequirement]
ScopedResourceSelectorRequirement: scopeName operator values=[string]
Secret: metadata=ObjectMeta immutable=bool data={bytes} stringData={string} type
SelfSubjectAccessReview: metadata=ObjectMeta spec=SelfSubjectAccessReviewSpec status=SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec: resourceAttributes=ResourceAttributes nonResourceAttributes=NonResourceAttributes
SelfSubjectReview: metadata=ObjectMeta status=SelfSubjectReviewStatus
SelfSubjectReviewStatus: userInfo=UserInfo
SelfSubjectRulesReview: metadata=ObjectMeta spec=SelfSubjectRulesReviewSpec status=SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec: namespace
Service: metadata=ObjectMeta spec=ServiceSpec status=ServiceStatus
ServiceAccount: metadata=ObjectMeta secrets=[ObjectReference] imagePullSecrets=[LocalObjectReference]
    automountServiceAccountToken=bool
ServicePort: name protocol appProtocol port=int32 targetPort=intstr nodePort=int32
ServiceSpec: ports=[ServicePort] selector={string} clusterIP clusterIPs=[string] type externalIPs=[string]
    sessionAffinity loadBalancerIP loadBalancerSourceRanges=[string] externalName externalTrafficPolicy
    healthCheckNodePort=int32 publishNotReadyAddresses=bool sessionAffinityConfig=SessionAffinityConfig
    ipFamilies=[string] ipFamilyPolicy allocateLoadBalancerNodePorts=bool loadBalancerClass internalTrafficPolicy
    trafficDistribution
ServiceStatus: loadBalancer=LoadBalancerStatus conditions=[Condition]
SessionAffinityConfig: clientIP=ClientIPConfig
SubjectAccessReviewStatus: allowed=bool denied=bool reason evaluationError
SubjectRulesReviewStatus: resourceRules=[ResourceRule] nonResourceRules=[NonResourceRule] incomplete=bool
    evaluationError
Taint: key value effect timeAdded=time
TokenReview: metadata=ObjectMeta spec=TokenReviewSpec status=TokenReviewStatus
TokenReviewSpec: token audiences=[string]
TokenReviewStatus: authenticated=bool user=UserInfo audiences=[string] error
UserInfo: username uid groups=[string] extra={[string]}
"""
