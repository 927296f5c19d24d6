using Krewe.Abstractions.Tensors;

namespace Krewe.Api.Inference;

/// <summary>A request while it is being read. Until it is finished it owns the inputs read so far.</summary>
internal sealed class InferDraft : IDisposable
{
    /// <summary>The inputs, names unique.</summary>
    public List<Tensor> Inputs { get; } = [];

    /// <summary>The outputs asked for, names unique; empty for all.</summary>
    public List<string> Outputs { get; } = [];

    /// <summary>For each of <see cref="Outputs"/> whether it is wanted in binary; null where it does not say.</summary>
    public List<bool?> OutputsInBinary { get; } = [];

    /// <summary>Whether outputs that do not say are wanted in binary.</summary>
    public bool BinaryByDefault { get; set; }

    /// <summary>Whether JSON outputs write NaN and infinity without quotes.</summary>
    public bool BareWords { get; set; }

    /// <summary>The caller's mark.</summary>
    public string? Id { get; set; }

    /// <summary>The time the caller gives.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>The key by which the caller is sent to the same version again; null where the body gives none.</summary>
    public string? RouteKey { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var input in Inputs)
        {
            input.Dispose();
        }
    }
}
