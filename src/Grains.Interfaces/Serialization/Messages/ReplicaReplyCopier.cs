using System.Diagnostics.CodeAnalysis;
using Orleans.Serialization.Cloning;

namespace Krewe.Grains.Interfaces;

/// <summary>Within one process a reply is passed as it is, to a receiver who disposes it.</summary>
[RegisterCopier]
internal sealed class ReplicaReplyCopier : IDeepCopier<ReplicaReply>, IOptionalDeepCopier
{
    [return: NotNullIfNotNull(nameof(input))]
    public ReplicaReply? DeepCopy(ReplicaReply? input, CopyContext context) => input;

    public bool IsShallowCopyable() => true;
}
