using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Api.Inference;
using Krewe.Api.Settings;

namespace Krewe.Api.Grpc.Messages;

/// <summary>
/// A <c>ModelInferRequest</c> as it was received. What is wrong with it is kept as <see cref="Fault"/>, not thrown: in a stream it is the
/// answer to this request alone.
/// </summary>
internal sealed class InferMessage
{
    /// <summary>The name as written by the caller.</summary>
    public string Model { get; set; } = "";

    /// <summary>The version as written by the caller; empty for none.</summary>
    public string Version { get; set; } = "";

    /// <summary>The rest of the request.</summary>
    public InferDraft Draft { get; } = new();

    /// <summary>True if the inputs are raw contents; the outputs are then too.</summary>
    public bool IsRaw { get; set; }

    /// <summary>True if the last answer is to say that it is the last.</summary>
    public bool WantsFinal { get; set; }

    /// <summary>Why it is invalid; null if it is valid.</summary>
    public Exception? Fault { get; set; }

    /// <summary>The request; throws what is wrong with the message. <paramref name="left"/> is what the call's deadline leaves.</summary>
    public InferenceRequest ToRequest(ApiLimits limits, string? headerKey, TimeSpan? left)
    {
        if (Fault is not null)
        {
            throw Fault;
        }

        try
        {
            if (left is not null && !(Draft.Timeout < left))
            {
                Draft.Timeout = left > TimeSpan.Zero ? left : TimeSpan.FromTicks(1);
            }

            return Draft.ToRequest(ModelReference.Parse(Model, Version), limits, headerKey);
        }
        catch
        {
            Draft.Dispose();
            throw;
        }
    }
}
