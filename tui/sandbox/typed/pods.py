"""What a Pod is made of, from its spec down to its probes, without its volumes: `k8s.io/api/core/v1`.

Read by `typed.table`, which says how to read a line.
"""

POD_TYPES = """
Affinity: nodeAffinity=NodeAffinity podAffinity=PodAffinity podAntiAffinity=PodAntiAffinity
AppArmorProfile: type localhostProfile
Capabilities: add=[string] drop=[string]
ConfigMapEnvSource: name optional=bool
ConfigMapKeySelector: name key optional=bool
Container: name image command=[string] args=[string] workingDir ports=[ContainerPort] envFrom=[EnvFromSource]
    env=[EnvVar] resources=ResourceRequirements resizePolicy=[ContainerResizePolicy] restartPolicy
    restartPolicyRules=[ContainerRestartRule] volumeMounts=[VolumeMount] volumeDevices=[VolumeDevice]
    livenessProbe=Probe readinessProbe=Probe startupProbe=Probe lifecycle=Lifecycle terminationMessagePath
    terminationMessagePolicy imagePullPolicy securityContext=SecurityContext stdin=bool stdinOnce=bool tty=bool
ContainerExtendedResourceRequest: containerName resourceName requestName
ContainerPort: name hostPort=int32 containerPort=int32 protocol hostIP
ContainerResizePolicy: resourceName restartPolicy
ContainerRestartRule: action exitCodes=ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes: operator values=[int32]
ContainerState: waiting=ContainerStateWaiting running=ContainerStateRunning terminated=ContainerStateTerminated
ContainerStateRunning: startedAt=time
ContainerStateTerminated: exitCode=int32 signal=int32 reason message startedAt=time finishedAt=time containerID
ContainerStateWaiting: reason message
ContainerStatus: name state=ContainerState lastState=ContainerState ready=bool restartCount=int32 image imageID
    containerID started=bool allocatedResources={quantity} resources=ResourceRequirements
    volumeMounts=[VolumeMountStatus] user=ContainerUser allocatedResourcesStatus=[ResourceStatus] stopSignal
ContainerUser: linux=LinuxContainerUser
EnvFromSource: prefix configMapRef=ConfigMapEnvSource secretRef=SecretEnvSource
EnvVar: name value valueFrom=EnvVarSource
EnvVarSource: fieldRef=ObjectFieldSelector resourceFieldRef=ResourceFieldSelector configMapKeyRef=ConfigMapKeySelector
    secretKeyRef=SecretKeySelector fileKeyRef=FileKeySelector
EphemeralContainer: name image command=[string] args=[string] workingDir ports=[ContainerPort] envFrom=[EnvFromSource]
    env=[EnvVar] resources=ResourceRequirements resizePolicy=[ContainerResizePolicy] restartPolicy
    restartPolicyRules=[ContainerRestartRule] volumeMounts=[VolumeMount] volumeDevices=[VolumeDevice]
    livenessProbe=Probe readinessProbe=Probe startupProbe=Probe lifecycle=Lifecycle terminationMessagePath
    terminationMessagePolicy imagePullPolicy securityContext=SecurityContext stdin=bool stdinOnce=bool tty=bool
    targetContainerName
ExecAction: command=[string]
FileKeySelector: volumeName path key optional=bool
GRPCAction: port=int32 service
HTTPGetAction: path port=intstr host scheme httpHeaders=[HTTPHeader]
HTTPHeader: name value
HostAlias: ip hostnames=[string]
HostIP: ip
ImageVolumeStatus: imageRef
Lifecycle: postStart=LifecycleHandler preStop=LifecycleHandler stopSignal
LifecycleHandler: exec=ExecAction httpGet=HTTPGetAction tcpSocket=TCPSocketAction sleep=SleepAction
LinuxContainerUser: uid=int64 gid=int64 supplementalGroups=[int64]
LocalObjectReference: name
NodeAffinity: requiredDuringSchedulingIgnoredDuringExecution=NodeSelector
    preferredDuringSchedulingIgnoredDuringExecution=[PreferredSchedulingTerm]
NodeAllocatableResourceClaimStatus: resourceClaimName containers=[string] resources={quantity}
NodeSelector: nodeSelectorTerms=[NodeSelectorTerm]
NodeSelectorRequirement: key operator values=[string]
NodeSelectorTerm: matchExpressions=[NodeSelectorRequirement] matchFields=[NodeSelectorRequirement]
ObjectFieldSelector: apiVersion fieldPath
Pod: metadata=ObjectMeta spec=PodSpec status=PodStatus
PodAffinity: requiredDuringSchedulingIgnoredDuringExecution=[PodAffinityTerm]
    preferredDuringSchedulingIgnoredDuringExecution=[WeightedPodAffinityTerm]
PodAffinityTerm: labelSelector=LabelSelector namespaces=[string] topologyKey namespaceSelector=LabelSelector
    matchLabelKeys=[string] mismatchLabelKeys=[string]
PodAntiAffinity: requiredDuringSchedulingIgnoredDuringExecution=[PodAffinityTerm]
    preferredDuringSchedulingIgnoredDuringExecution=[WeightedPodAffinityTerm]
PodCondition: type observedGeneration=int64 status lastProbeTime=time lastTransitionTime=time reason message
PodDNSConfig: nameservers=[string] searches=[string] options=[PodDNSConfigOption]
PodDNSConfigOption: name value
PodExtendedResourceClaimStatus: requestMappings=[ContainerExtendedResourceRequest] resourceClaimName
PodIP: ip
PodOS: name
PodReadinessGate: conditionType
PodResourceClaim: name resourceClaimName resourceClaimTemplateName
PodResourceClaimStatus: name resourceClaimName
PodSchedulingGate: name
PodSchedulingGroup: podGroupName
PodSecurityContext: seLinuxOptions=SELinuxOptions windowsOptions=WindowsSecurityContextOptions runAsUser=int64
    runAsGroup=int64 runAsNonRoot=bool supplementalGroups=[int64] supplementalGroupsPolicy fsGroup=int64
    sysctls=[Sysctl] fsGroupChangePolicy seccompProfile=SeccompProfile appArmorProfile=AppArmorProfile
    seLinuxChangePolicy
PodSpec: volumes=[Volume] initContainers=[Container] containers=[Container] ephemeralContainers=[EphemeralContainer]
    restartPolicy terminationGracePeriodSeconds=int64 activeDeadlineSeconds=int64 dnsPolicy nodeSelector={string}
    serviceAccountName serviceAccount automountServiceAccountToken=bool nodeName hostNetwork=bool hostPID=bool
    hostIPC=bool shareProcessNamespace=bool securityContext=PodSecurityContext imagePullSecrets=[LocalObjectReference]
    hostname subdomain affinity=Affinity schedulerName tolerations=[Toleration] hostAliases=[HostAlias]
    priorityClassName priority=int32 dnsConfig=PodDNSConfig readinessGates=[PodReadinessGate] runtimeClassName
    enableServiceLinks=bool preemptionPolicy overhead={quantity} topologySpreadConstraints=[TopologySpreadConstraint]
    setHostnameAsFQDN=bool os=PodOS hostUsers=bool schedulingGates=[PodSchedulingGate]
    resourceClaims=[PodResourceClaim] resources=ResourceRequirements hostnameOverride
    schedulingGroup=PodSchedulingGroup
PodStatus: observedGeneration=int64 phase conditions=[PodCondition] message reason nominatedNodeName hostIP
    hostIPs=[HostIP] podIP podIPs=[PodIP] startTime=time initContainerStatuses=[ContainerStatus]
    containerStatuses=[ContainerStatus] qosClass ephemeralContainerStatuses=[ContainerStatus] resize
    resourceClaimStatuses=[PodResourceClaimStatus] extendedResourceClaimStatus=PodExtendedResourceClaimStatus
    allocatedResources={quantity} resources=ResourceRequirements
    nodeAllocatableResourceClaimStatuses=[NodeAllocatableResourceClaimStatus]
PreferredSchedulingTerm: weight=int32 preference=NodeSelectorTerm
Probe: exec=ExecAction httpGet=HTTPGetAction tcpSocket=TCPSocketAction grpc=GRPCAction initialDelaySeconds=int32
    timeoutSeconds=int32 periodSeconds=int32 successThreshold=int32 failureThreshold=int32
    terminationGracePeriodSeconds=int64
ResourceClaim: name request
ResourceFieldSelector: containerName resource divisor=quantity
ResourceHealth: resourceID health message
ResourceRequirements: limits={quantity} requests={quantity} claims=[ResourceClaim]
ResourceStatus: name resources=[ResourceHealth]
SELinuxOptions: user role type level
SeccompProfile: type localhostProfile
SecretEnvSource: name optional=bool
SecretKeySelector: name key optional=bool
SecurityContext: capabilities=Capabilities privileged=bool seLinuxOptions=SELinuxOptions
    windowsOptions=WindowsSecurityContextOptions runAsUser=int64 runAsGroup=int64 runAsNonRoot=bool
    readOnlyRootFilesystem=bool allowPrivilegeEscalation=bool procMount seccompProfile=SeccompProfile
    appArmorProfile=AppArmorProfile
SleepAction: seconds=int64
Sysctl: name value
TCPSocketAction: port=intstr host
Toleration: key operator value effect tolerationSeconds=int64
TopologySpreadConstraint: maxSkew=int32 topologyKey whenUnsatisfiable labelSelector=LabelSelector minDomains=int32
    nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys=[string]
TypedLocalObjectReference: apiGroup kind name
TypedObjectReference: apiGroup kind name namespace
VolumeDevice: name devicePath
VolumeMount: name readOnly=bool recursiveReadOnly mountPath subPath mountPropagation subPathExpr
VolumeMountStatus: name mountPath readOnly=bool recursiveReadOnly volumeStatus=VolumeStatus
VolumeStatus: image=ImageVolumeStatus
WeightedPodAffinityTerm: weight=int32 podAffinityTerm=PodAffinityTerm
WindowsSecurityContextOptions: gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess=bool
"""
