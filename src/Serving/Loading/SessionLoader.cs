using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Serving.Batching;
using Krewe.Serving.Crashes;
using Krewe.Serving.Execution;
using Krewe.Serving.Isolation;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Operators;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Manifests;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Loading;

/// <summary>Creates a session for a version: validates the files, opens it, warms it up, and decides on batching.</summary>
internal sealed class SessionLoader(
    ExecutionProviders providers, Workers workers, RunWatch watch, FlightRecorder recorder, StuckWork stuck,
    ServingOptions options, TimeProvider time)
{
    private readonly ShapeChange shapeChange = new(time);

    /// <summary>
    /// Validates the files and decides where to open them. Throws <see cref="KreweException"/> with a human-readable reason.
    /// </summary>
    /// <param name="version">The version.</param>
    /// <param name="isTrial">True to open it in a worker process whatever its graph is, because nobody has vouched for the file.</param>
    public LoadPlan Plan(RepositoryVersion version, bool isTrial)
    {
        var file = ArtifactCheck.Verify(version);
        var isolation = IsolationDecision.Of(version.Manifest.Isolation ?? options.Isolation, HazardAnalysis.Of(file).Hazard);
        return new LoadPlan(version, file, isTrial ? isolation.ForTrial(options.Isolation) : isolation);
    }

    /// <summary>
    /// Blocks until the session is open and warm; <see cref="LoadedSession.MemoryBytes"/> is not set yet. Throws
    /// <see cref="KreweException"/> with a human-readable reason.
    /// </summary>
    public LoadedSession Open(LoadPlan plan)
    {
        if (plan.Isolation.InWorker)
        {
            return OpenNow(plan);
        }

        recorder.BeginLoad(plan.Version.Id);
        try
        {
            return OpenNow(plan);
        }
        finally
        {
            recorder.End();
        }
    }

    private LoadedSession OpenNow(LoadPlan plan)
    {
        var (version, file, isolation) = plan;
        IGraph OpenOn(ExecutionProvider provider)
        {
            using var opening = stuck.BeginOpening(version.Id, Workers.OpenTimeoutOf(version));
            return isolation.InWorker
                ? workers.Open(version, provider, file)
                : LocalGraph.Open(
                    version.ModelPath, provider, version.Manifest.Threads, [.. file.Inputs.Select(static input => input.Name)]);
        }

        try
        {
            var (graph, provider) = providers.Open(version.Id, version.Manifest, OpenOn);
            try
            {
                return Start(version, file, isolation, graph, provider);
            }
            catch (GraphException error) when (RunError.IsMissingLibrary(error))
            {
                (graph, provider) = providers.FallBack(version.Id, version.Manifest, OpenOn, provider, error);
                return Start(version, file, isolation, graph, provider);
            }
        }
        catch (GraphException error)
        {
            throw KreweException.Unavailable(RunError.Describe(error), null, error);
        }
        catch (TimeoutException error)
        {
            throw KreweException.Unavailable($"{error.Message}, the most that runTimeoutSeconds allows", null, error);
        }
    }

    private LoadedSession Start(
        RepositoryVersion version, OnnxFileSummary file, IsolationDecision isolation, IGraph graph, ExecutionProvider provider)
    {
        var session = new OnnxSession(
            graph, SignatureOf(version, file, graph, isolation, provider), provider, watch,
            version.Manifest.RunTimeout ?? options.RunTimeout)
        {
            FindSuspects = () => workers.FindSuspects(version.Id),
        };
        try
        {
            return new LoadedSession(session, WarmUpAndProbe(session, version.Manifest), isolation, MemoryBytes: 0);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The signature from the file, completed by ONNX Runtime.</summary>
    private static SessionSignature SignatureOf(
        RepositoryVersion version, OnnxFileSummary file, IGraph graph, IsolationDecision isolation, ExecutionProvider provider)
    {
        try
        {
            var complete = InferredOutputs.Complete(file, graph);
            SignatureCheck.Verify(complete, version.Manifest);
            var signature = SignatureReader.Read(complete, version.Manifest);
            return isolation.InWorker ? signature with { EmptyHazard = null }
                : provider == ExecutionProvider.Cpu ? signature with { Activations = ActivationSize.Of(complete, signature.Rows) }
                : signature;
        }
        catch (ArtifactException error)
        {
            graph.Dispose();
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

/// <summary>A load that may begin.</summary>
/// <param name="Version">The version.</param>
/// <param name="File">What is in its file.</param>
/// <param name="Isolation">Whether a worker process opens it.</param>
internal sealed record LoadPlan(RepositoryVersion Version, OnnxFileSummary File, IsolationDecision Isolation);
