using System.Diagnostics.CodeAnalysis;
using Krewe.Abstractions;
using Orleans.Serialization.Cloning;

namespace Krewe.Grains.Interfaces;

/// <summary>Within one process a request is passed as it is: nobody changes it, and its memory is its maker's.</summary>
[RegisterCopier]
internal sealed class InferenceRequestCopier : IDeepCopier<InferenceRequest>, IOptionalDeepCopier
{
    [return: NotNullIfNotNull(nameof(input))]
    public InferenceRequest? DeepCopy(InferenceRequest? input, CopyContext context) => input;

    public bool IsShallowCopyable() => true;
}
