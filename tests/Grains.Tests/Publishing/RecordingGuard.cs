using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;

namespace Krewe.Grains.Tests.Publishing;

/// <summary>Remembers what it was asked and told.</summary>
internal sealed class RecordingGuard : IVersionGuard
{
    public ConcurrentQueue<string> Said { get; } = new();

    /// <summary>Thrown where a version is to go, if it is set.</summary>
    public KreweException? Refusal { get; set; }

    public ValueTask<ModelVersion?> FindServingAsync(ModelName model, CancellationToken cancellationToken) => new((ModelVersion?)null);

    public ValueTask PublishingAsync(ModelId version, CancellationToken cancellationToken)
    {
        Said.Enqueue($"publishing {version}");
        return default;
    }

    public ValueTask RetireAsync(ModelId version, CancellationToken cancellationToken)
    {
        Said.Enqueue($"retire {version}");
        return Refusal is null ? default : throw Refusal;
    }

    public ValueTask RetiredAsync(ModelId version, CancellationToken cancellationToken)
    {
        Said.Enqueue($"retired {version}");
        return default;
    }
}
