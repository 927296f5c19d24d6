using Krewe.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving;

/// <summary>Makes a session of a version: checks the files, opens it, warms it up, finds out about batching, measures.</summary>
internal sealed class SessionLoader(ExecutionProviders providers, LoadMeter meter)
{
    /// <summary>The most rows in a run where the model's settings say nothing.</summary>
    public const int DefaultMaxBatchSize = 32;

    /// <summary>Blocks for as long as the load takes. Throws <see cref="KreweException"/> with a reason for people.</summary>
    public LoadedSession Load(RepositoryVersion version)
    {
        var file = ArtifactCheck.Verify(version);
        var signature = SignatureReader.Read(file);
        var (loaded, bytes) = meter.Measure(version.Stamp.FileBytes, () => Open(version, signature));
        return loaded with { MemoryBytes = bytes };
    }

    private LoadedSession Open(RepositoryVersion version, SessionSignature signature)
    {
        OnnxSession? session = null;
        try
        {
            var (native, provider) = providers.Open(version.Id, version.ModelPath, version.Manifest);
            session = new OnnxSession(native, Complete(signature, native), provider);
            return new LoadedSession(session, WarmUpAndProbe(session, version.Manifest), MemoryBytes: 0);
        }
        catch (Exception error)
        {
            session?.Dispose();
            throw error is OnnxRuntimeException
                ? KreweException.Unavailable($"model '{version.Id}' cannot be loaded: {RunError.Describe(error)}", null, error)
                : error;
        }
    }

    private static int WarmUpAndProbe(OnnxSession session, ModelManifest manifest)
    {
        var extent = manifest.WarmUp.Enabled ? WarmUp.Run(session, manifest.WarmUp) : null;
        if (manifest.MaxBatchSize is { } given)
        {
            return given > 1 ? given : 0;
        }

        return extent is { } ran && session.Signature.HasBatchDimension && BatchProbe.RowsAreIndependent(session, manifest.WarmUp, ran)
            ? DefaultMaxBatchSize
            : 0;
    }

    /// <summary>Where the file leaves an output's rank open, ONNX Runtime may have inferred the shape.</summary>
    private static SessionSignature Complete(SessionSignature signature, InferenceSession session) => signature with
    {
        Outputs = [.. signature.Outputs.Select(output => output.AnyRank ? Infer(output, session) : output)],
    };

    private static TensorSpec Infer(TensorSpec output, InferenceSession session) =>
        session.OutputMetadata[output.Name].Dimensions is { Length: > 0 } shape
            ? output with { Shape = [.. shape.Select(dimension => (long)dimension)], AnyRank = false }
            : output;
}
