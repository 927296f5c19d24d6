using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Snapshots;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Admission;

/// <summary>
/// Holds the permits that loads get from the <see cref="ILoadGate"/>, if there is one. Permits are released asynchronously, after the
/// load's callers are answered; the next load of the same version waits for that, so the gate sees the loads of a version one at a time.
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
    /// Waits for permission to load a version; <paramref name="artifact"/> is its <see cref="ArtifactStamp.Identity"/>. Null if there is no
    /// gate. Throws <see cref="LoadRefusedException"/>.
    /// </summary>
    public async ValueTask<ILoadPermit?> EnterAsync(ModelId model, string artifact)
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

    /// <summary>Releases a permit without waiting.</summary>
    public void Leave(ModelId model, ILoadPermit? permit)
    {
        if (permit is not null)
        {
            _ = DisposeAsync(model, permit);
        }
    }

    /// <summary>Rejects further loads and waits until all permits are released.</summary>
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

    /// <summary>Waits until the version's permit is free, then takes it.</summary>
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

    private async Task DisposeAsync(ModelId model, ILoadPermit permit)
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

    [LoggerMessage(EventId = 173, Level = LogLevel.Warning, Message = "Model {Model}: failed to release the load permit")]
    private partial void LogLeaveFailed(Exception error, ModelId model);
}
