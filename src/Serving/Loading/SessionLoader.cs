using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Serving.Batching;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Manifests;
using Krewe.Serving.Repository.Snapshots;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.Loading;

/// <summary>Creates a session for a version: validates the files, opens it, warms it up, and decides on batching.</summary>
internal sealed class SessionLoader(ExecutionProviders providers, RunWatch watch, ServingOptions options, TimeProvider time)
{
    private readonly ShapeChange shapeChange = new(time);

    /// <summary>
    /// Blocks for the whole load; <see cref="LoadedSession.MemoryBytes"/> is not set yet. Throws <see cref="KreweException"/> with a
    /// human-readable reason.
    /// </summary>
    public LoadedSession Open(RepositoryVersion version)
    {
        var file = ArtifactCheck.Verify(version);
        return Open(version, file);
    }

    private LoadedSession Open(RepositoryVersion version, OnnxFileSummary file)
    {
        try
        {
            var (native, provider) = providers.Open(version.Id, version.ModelPath, version.Manifest);
            try
            {
                return Start(version, file, native, provider);
            }
            catch (OnnxRuntimeException error) when (RunError.IsMissingLibrary(error))
            {
                (native, provider) = providers.FallBack(version.Id, version.ModelPath, version.Manifest, provider, error);
                return Start(version, file, native, provider);
            }
        }
        catch (OnnxRuntimeException error)
        {
            throw KreweException.Unavailable(RunError.Describe(error), null, error);
        }
        catch (TimeoutException error)
        {
            throw KreweException.Unavailable($"{error.Message}, the most that runTimeoutSeconds allows", null, error);
        }
    }

    private LoadedSession Start(RepositoryVersion version, OnnxFileSummary file, InferenceSession native, ExecutionProvider provider)
    {
        var session = new OnnxSession(
            native, SignatureOf(version, file, native), provider, watch, version.Manifest.RunTimeout ?? options.RunTimeout);
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

    /// <summary>The signature from the file, completed by ONNX Runtime.</summary>
    private static SessionSignature SignatureOf(RepositoryVersion version, OnnxFileSummary file, InferenceSession native)
    {
        try
        {
            var complete = InferredOutputs.Complete(file, native);
            SignatureCheck.Verify(complete, version.Manifest);
            return SignatureReader.Read(complete, version.Manifest);
        }
        catch (ArtifactException error)
        {
            native.Dispose();
            throw KreweException.Unavailable(error.Message, null, error);
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
            ? new BatchDecision(0, "batching could not be verified on synthetic input; set maxBatchSize to enable it anyway")
            : !BatchProbe.RowsAreIndependent(session, manifest.WarmUp, ran)
                ? new BatchDecision(0, "batching changed the outputs for synthetic input, although the graph appears row-independent")
            : !shapeChange.IsCheap(session, manifest.WarmUp, ran)
                ? new BatchDecision(0, "changing the batch size between runs is too slow on this device")
            : decision;
    }
}
