"""What a volume of a Pod may be: `k8s.io/api/core/v1`.

Read by `typed.table`, which says how to read a line.
"""

VOLUME_TYPES = """
AWSElasticBlockStoreVolumeSource: volumeID fsType partition=int32 readOnly=bool
AzureDiskVolumeSource: diskName diskURI cachingMode fsType readOnly=bool kind
AzureFileVolumeSource: secretName shareName readOnly=bool
CSIVolumeSource: driver readOnly=bool fsType volumeAttributes={string} nodePublishSecretRef=LocalObjectReference
CephFSVolumeSource: monitors=[string] path user secretFile secretRef=LocalObjectReference readOnly=bool
CinderVolumeSource: volumeID fsType readOnly=bool secretRef=LocalObjectReference
ClusterTrustBundleProjection: name signerName labelSelector=LabelSelector optional=bool path
ConfigMapProjection: name items=[KeyToPath] optional=bool
ConfigMapVolumeSource: name items=[KeyToPath] defaultMode=int32 optional=bool
DownwardAPIProjection: items=[DownwardAPIVolumeFile]
DownwardAPIVolumeFile: path fieldRef=ObjectFieldSelector resourceFieldRef=ResourceFieldSelector mode=int32
DownwardAPIVolumeSource: items=[DownwardAPIVolumeFile] defaultMode=int32
EmptyDirVolumeSource: medium sizeLimit=quantity
EphemeralVolumeSource: volumeClaimTemplate=PersistentVolumeClaimTemplate
FCVolumeSource: targetWWNs=[string] lun=int32 fsType readOnly=bool wwids=[string]
FlexVolumeSource: driver fsType secretRef=LocalObjectReference readOnly=bool options={string}
FlockerVolumeSource: datasetName datasetUUID
GCEPersistentDiskVolumeSource: pdName fsType partition=int32 readOnly=bool
GitRepoVolumeSource: repository revision directory
GlusterfsVolumeSource: endpoints path readOnly=bool
HostPathVolumeSource: path type
ISCSIVolumeSource: targetPortal iqn lun=int32 iscsiInterface fsType readOnly=bool portals=[string]
    chapAuthDiscovery=bool chapAuthSession=bool secretRef=LocalObjectReference initiatorName
ImageVolumeSource: reference pullPolicy
KeyToPath: key path mode=int32
NFSVolumeSource: server path readOnly=bool
PersistentVolumeClaimSpec: accessModes=[string] selector=LabelSelector resources=VolumeResourceRequirements volumeName
    storageClassName volumeMode dataSource=TypedLocalObjectReference dataSourceRef=TypedObjectReference
    volumeAttributesClassName
PersistentVolumeClaimTemplate: metadata=ObjectMeta spec=PersistentVolumeClaimSpec
PersistentVolumeClaimVolumeSource: claimName readOnly=bool
PhotonPersistentDiskVolumeSource: pdID fsType
PodCertificateProjection: signerName keyType maxExpirationSeconds=int32 credentialBundlePath keyPath
    certificateChainPath userAnnotations={string}
PortworxVolumeSource: volumeID fsType readOnly=bool
ProjectedVolumeSource: sources=[VolumeProjection] defaultMode=int32
QuobyteVolumeSource: registry volume readOnly=bool user group tenant
RBDVolumeSource: monitors=[string] image fsType pool user keyring secretRef=LocalObjectReference readOnly=bool
ScaleIOVolumeSource: gateway system secretRef=LocalObjectReference sslEnabled=bool protectionDomain storagePool
    storageMode volumeName fsType readOnly=bool
SecretProjection: name items=[KeyToPath] optional=bool
SecretVolumeSource: secretName items=[KeyToPath] defaultMode=int32 optional=bool
ServiceAccountTokenProjection: audience expirationSeconds=int64 path
StorageOSVolumeSource: volumeName volumeNamespace fsType readOnly=bool secretRef=LocalObjectReference
Volume: name hostPath=HostPathVolumeSource emptyDir=EmptyDirVolumeSource
    gcePersistentDisk=GCEPersistentDiskVolumeSource awsElasticBlockStore=AWSElasticBlockStoreVolumeSource
    gitRepo=GitRepoVolumeSource secret=SecretVolumeSource nfs=NFSVolumeSource iscsi=ISCSIVolumeSource
    glusterfs=GlusterfsVolumeSource persistentVolumeClaim=PersistentVolumeClaimVolumeSource rbd=RBDVolumeSource
    flexVolume=FlexVolumeSource cinder=CinderVolumeSource cephfs=CephFSVolumeSource flocker=FlockerVolumeSource
    downwardAPI=DownwardAPIVolumeSource fc=FCVolumeSource azureFile=AzureFileVolumeSource
    configMap=ConfigMapVolumeSource vsphereVolume=VsphereVirtualDiskVolumeSource quobyte=QuobyteVolumeSource
    azureDisk=AzureDiskVolumeSource photonPersistentDisk=PhotonPersistentDiskVolumeSource
    projected=ProjectedVolumeSource portworxVolume=PortworxVolumeSource scaleIO=ScaleIOVolumeSource
    storageos=StorageOSVolumeSource csi=CSIVolumeSource ephemeral=EphemeralVolumeSource image=ImageVolumeSource
VolumeProjection: secret=SecretProjection downwardAPI=DownwardAPIProjection configMap=ConfigMapProjection
    serviceAccountToken=ServiceAccountTokenProjection clusterTrustBundle=ClusterTrustBundleProjection
    podCertificate=PodCertificateProjection
VolumeResourceRequirements: limits={quantity} requests={quantity}
VsphereVirtualDiskVolumeSource: volumePath fsType storagePolicyName storagePolicyID
"""
