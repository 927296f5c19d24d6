using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Snapshots;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Admission;

/// <summary>
/// What loads hold of the <see cref="ILoadGate"/>, if there is one. A permit is given back behind the back of the callers, who have
/// their model already; the next load of the same version waits for that, so that the gate sees one after the other.
/// </summary>
internal sealed partial class LoadAdmission : IDisposable
{
    private readonly ILoadGate? loadGate;
    private readonly ILogger<LoadAdmission> logger;
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationToken stopping;
    private readonly Lock gate = new();
    private readonly Dictionary<ModelId, TaskCompletionSource> held = [];

    public LoadAdmission(ILoadGate? loadGate, ILogger<LoadAdmission> logger)
    {
        (this.loadGate, this.logger) = (loadGate, logger);
        stopping = stop.Token;
    }

    /// <summary>
    /// Waits until the load of a version may begin, whose files are <see cref="ArtifactStamp.Identity"/>; null where nobody is asked.
    /// Throws <see cref="LoadRefusedException"/>.
    /// </summary>
    public async ValueTask<IAsyncDisposable?> EnterAsync(ModelId model, string artifact)
    {
        if (loadGate is null)
        {
            return null;
        }

        try
        {
            await HoldAsync(model);
        }
        catch (OperationCanceledException error)
        {
            throw new LoadRefusedException("the process is stopping", error);
        }

        try
        {
            return await loadGate.EnterAsync(model, artifact, stopping);
        }
        catch (Exception error)
        {
            Release(model);
            throw stopping.IsCancellationRequested ? new LoadRefusedException("the process is stopping", error) : LoadRefusedException.Of(
                error);
        }
    }

    /// <summary>Gives a permit back; does not wait for it.</summary>
    public void Leave(ModelId model, IAsyncDisposable? permit)
    {
        if (permit is not null)
        {
            _ = DisposeAsync(model, permit);
        }
    }

    /// <summary>Lets no more loads in and waits until all permits are given back.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        Task[] left;
        lock (gate)
        {
            left = [.. held.Values.Select(permit => permit.Task)];
        }

        await Task.WhenAll(left).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => stop.Dispose();

    /// <summary>Waits until nobody holds the version's permit, then is who does.</summary>
    private async Task HoldAsync(ModelId model)
    {
        for (;;)
        {
            Task former;
            lock (gate)
            {
                stopping.ThrowIfCancellationRequested();
                if (held.TryAdd(model, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)))
                {
                    return;
                }

                former = held[model].Task;
            }

            await former.WaitAsync(stopping);
        }
    }

    private void Release(ModelId model)
    {
        lock (gate)
        {
            held.Remove(model, out var permit);
            permit?.SetResult();
        }
    }

    private async Task DisposeAsync(ModelId model, IAsyncDisposable permit)
    {
        try
        {
            await permit.DisposeAsync();
        }
        catch (Exception error)
        {
            LogLeaveFailed(error, model);
        }

        Release(model);
    }

    [LoggerMessage(EventId = 173, Level = LogLevel.Warning, Message = "Model {Model}: it could not be recorded that its load has ended")]
    private partial void LogLeaveFailed(Exception error, ModelId model);
}
