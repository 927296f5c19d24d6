using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Serving.Execution;
using Krewe.Serving.Node;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Versions;

/// <summary>
/// The loaded versions, readable without a lock, with events for the cluster. An exception in a handler is logged and ignored.
/// </summary>
internal sealed partial class SessionRegister(CompletionDispatcher completions, ILogger<SessionRegister> logger)
{
    private readonly ConcurrentDictionary<ModelId, LoadedModel> sessions = new();
    private long failureChanges;

    /// <inheritdoc cref="IServingNode.SessionLoaded"/>
    public event Action<ModelId>? Loaded;

    /// <inheritdoc cref="IServingNode.SessionFreed"/>
    public event Action<ModelId>? Freed;

    /// <summary>The number of loaded versions.</summary>
    public int Count => sessions.Count;

    /// <summary>Increases when a version's load starts failing or recovers.</summary>
    public long FailureChanges => Volatile.Read(ref failureChanges);

    /// <summary>The number of requests waiting in all queues.</summary>
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

    /// <summary>The loaded versions, unordered.</summary>
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
    /// Adds a loaded session; a former session of the version may still be draining. Call with the version's gate held, before it can be
    /// evicted.
    /// </summary>
    public void Add(ModelId model, LoadedModel session) => sessions[model] = session;

    /// <summary>Removes a freed session; raises <see cref="Freed"/> unless a newer session of the version is loaded.</summary>
    public void Remove(ModelId model, LoadedModel session)
    {
        if (sessions.TryRemove(KeyValuePair.Create(model, session)))
        {
            Raise(Freed, model);
        }
    }

    /// <summary>Raises <see cref="Loaded"/>.</summary>
    public void RaiseLoaded(ModelId model) => Raise(Loaded, model);

    public void CountFailureChange() => Interlocked.Increment(ref failureChanges);

    private void Raise(Action<ModelId>? handlers, ModelId model)
    {
        if (handlers is not null)
        {
            completions.Post(() => Notify(handlers, model));
        }
    }

    private void Notify(Action<ModelId> handlers, ModelId model)
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
