using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Serving.Execution;
using Krewe.Serving.Node;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Versions;

/// <summary>
/// The versions in memory, to be read without a lock, and the news of them for a cluster. A handler that throws costs nobody anything
/// but a line in the log.
/// </summary>
internal sealed partial class SessionRegister(CompletionDispatcher completions, ILogger<SessionRegister> logger)
{
    private readonly ConcurrentDictionary<ModelId, LoadedModel> sessions = new();
    private long failureChanges;

    /// <inheritdoc cref="IServingNode.SessionLoaded"/>
    public event Action<ModelId>? Loaded;

    /// <inheritdoc cref="IServingNode.SessionFreed"/>
    public event Action<ModelId>? Freed;

    /// <summary>Versions in memory.</summary>
    public int Count => sessions.Count;

    /// <summary>Grows when a version's last load came to fail, or not to fail any more.</summary>
    public long FailureChanges => Volatile.Read(ref failureChanges);

    /// <summary>Requests that wait in all queues.</summary>
    public int QueueDepth
    {
        get
        {
            var depth = 0;
            foreach (var (_, session) in sessions)
            {
                depth += session.Queue.Length;
            }

            return depth;
        }
    }

    /// <summary>The versions, in no order.</summary>
    public ImmutableArray<ModelId> Read()
    {
        var models = ImmutableArray.CreateBuilder<ModelId>(sessions.Count);
        foreach (var (model, _) in sessions)
        {
            models.Add(model);
        }

        return models.DrainToImmutable();
    }

    /// <summary>
    /// A version came into memory, perhaps while a former session of it still drains. Under the version's gate, before it can leave.
    /// </summary>
    public void Add(ModelId model, LoadedModel session) => sessions[model] = session;

    /// <summary>A session was freed; says so to others where no newer one of that version is in memory.</summary>
    public void Remove(ModelId model, LoadedModel session)
    {
        if (sessions.TryRemove(KeyValuePair.Create(model, session)))
        {
            Raise(Freed, model);
        }
    }

    /// <summary>Says to others that a version came into memory.</summary>
    public void RaiseLoaded(ModelId model) => Raise(Loaded, model);

    public void CountFailureChange() => Interlocked.Increment(ref failureChanges);

    private void Raise(Action<ModelId>? handlers, ModelId model)
    {
        if (handlers is not null)
        {
            completions.Post(() => Tell(handlers, model));
        }
    }

    private void Tell(Action<ModelId> handlers, ModelId model)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(model);
            }
            catch (Exception error)
            {
                LogHandlerFailed(error, model);
            }
        }
    }

    [LoggerMessage(EventId = 172, Level = LogLevel.Error, Message = "A session listener of {Model} threw")]
    private partial void LogHandlerFailed(Exception error, ModelId model);
}
