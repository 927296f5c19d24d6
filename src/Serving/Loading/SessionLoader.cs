using Krewe.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving;

/// <summary>Makes a session of a version: checks the files, opens it, warms it up, finds out about batching.</summary>
internal sealed class SessionLoader(ExecutionProviders providers, TimeProvider time)
{
    private readonly ShapeChange shapeChange = new(time);

    /// <summary>
    /// Blocks for as long as the load takes; <see cref="LoadedSession.MemoryBytes"/> is not known yet. Throws
    /// <see cref="KreweException"/> with a reason for people.
    /// </summary>
    public LoadedSession Open(RepositoryVersion version)
    {
        var file = ArtifactCheck.Verify(version);
        return Open(version, SignatureReader.Read(file));
    }

    private LoadedSession Open(RepositoryVersion version, SessionSignature signature)
    {
        try
        {
            var (native, provider) = providers.Open(version.Id, version.ModelPath, version.Manifest);
            try
            {
                return Start(version, signature, native, provider);
            }
            catch (OnnxRuntimeException error) when (RunError.IsMissingLibrary(error))
            {
                (native, provider) = providers.FallBack(version.Id, version.ModelPath, version.Manifest, provider, error);
                return Start(version, signature, native, provider);
            }
        }
        catch (OnnxRuntimeException error)
        {
            throw KreweException.Unavailable($"model '{version.Id}' cannot be loaded: {RunError.Describe(error)}", null, error);
        }
    }

    private LoadedSession Start(RepositoryVersion version, SessionSignature signature, InferenceSession native, ExecutionProvider provider)
    {
        var session = new OnnxSession(native, Complete(signature, native), provider);
        try
        {
            return new LoadedSession(session, WarmUpAndProbe(session, version.Manifest), MemoryBytes: 0);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private BatchDecision WarmUpAndProbe(OnnxSession session, ModelManifest manifest)
    {
        var extent = manifest.WarmUp.Enabled ? WarmUp.Run(session, manifest.WarmUp) : null;
        var decision = BatchDecision.Of(manifest.MaxBatchSize, session.Signature);
        if (manifest.MaxBatchSize is not null || decision.MaxBatchSize == 0)
        {
            return decision;
        }

        return extent is not { } ran
            ? new BatchDecision(0, "made-up rows could not be run to try it; maxBatchSize in the settings says so all the same")
            : !BatchProbe.RowsAreIndependent(session, manifest.WarmUp, ran)
                ? new BatchDecision(0, "made-up rows got other answers together than alone, though the graph seems to work row by row")
            : !shapeChange.IsCheap(session, manifest.WarmUp, ran)
                ? new BatchDecision(0, "a run with another number of rows than the one before costs the device too much")
            : decision;
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
