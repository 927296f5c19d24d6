using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Settings;

namespace Krewe.Api.Inference;

/// <summary>A request while it is parsed. Owns the inputs read so far, until it is complete.</summary>
internal sealed class InferDraft : IDisposable
{
    /// <summary>The inputs; names are unique.</summary>
    public List<Tensor> Inputs { get; } = [];

    /// <summary>The requested outputs; names are unique. Empty for all.</summary>
    public List<string> Outputs { get; } = [];

    /// <summary>For each of <see cref="Outputs"/>, whether it is requested in binary; null for the default.</summary>
    public List<bool?> OutputsInBinary { get; } = [];

    /// <summary>True to return outputs in binary by default.</summary>
    public bool BinaryByDefault { get; set; }

    /// <summary>True to write NaN and infinity without quotes in JSON.</summary>
    public bool BareWords { get; set; }

    /// <summary>The request's id.</summary>
    public string? Id { get; set; }

    /// <summary>The requested timeout.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>The sticky key of the body; null for none.</summary>
    public string? RouteKey { get; set; }

    /// <summary>Sets the timeout from the parameter <c>timeout</c>, in microseconds; 0 requests none.</summary>
    public void SetTimeout(long microseconds)
    {
        var ticks = Math.Min(microseconds, long.MaxValue / TimeSpan.TicksPerMicrosecond) * TimeSpan.TicksPerMicrosecond;
        Timeout = microseconds == 0 ? null : new TimeSpan(ticks);
    }

    /// <summary>The request, which takes over the inputs. A key in a header takes precedence over that of the body.</summary>
    public InferenceRequest ToRequest(ModelReference model, ApiLimits limits, string? headerKey, IDisposable? owner = null) => new()
    {
        Model = model,
        Id = Id,
        Inputs = Inputs,
        RequestedOutputs = Outputs,
        Timeout = limits.Timeout(Timeout),
        RouteKey = headerKey ?? RouteKey,
        Owner = owner,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var input in Inputs)
        {
            input.Dispose();
        }
    }
}
