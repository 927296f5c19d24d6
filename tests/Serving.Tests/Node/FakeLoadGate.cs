using System.Collections.Concurrent;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;

namespace Krewe.Serving.Tests.Node;

/// <summary>A gate that a test opens and closes, and that records entries and exits.</summary>
internal sealed class FakeLoadGate : ILoadGate
{
    private readonly ConcurrentQueue<string> passages = new();

    /// <summary>What happens to a load that comes; lets it in at once unless set.</summary>
    public Func<ModelId, CancellationToken, Task> Enter { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What happens when a load leaves.</summary>
    public Func<ModelId, Task> Leave { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyList<string> Passages => [.. passages];

    /// <summary>What its permits say.</summary>
    public bool IsSuspect { get; set; }

    /// <summary>What was quarantined, and why.</summary>
    public ConcurrentQueue<(ModelId Model, string Reason)> Quarantined { get; } = new();

    /// <summary>Inputs that all processes were to refuse.</summary>
    public ConcurrentQueue<(ModelId Model, string Inputs)> Refused { get; } = new();

    public string Artifact { get; private set; } = "";

    public async ValueTask<ILoadPermit> EnterAsync(ModelId model, string artifact, CancellationToken cancellationToken)
    {
        Artifact = artifact;
        passages.Enqueue($"{model} comes");
        await Enter(model, cancellationToken);
        passages.Enqueue($"{model} is in");
        return new Permit(this, model);
    }

    public Task QuarantineAsync(ModelId model, string reason)
    {
        Quarantined.Enqueue((model, reason));
        return Task.CompletedTask;
    }

    public Task RefuseAsync(ModelId model, string inputs)
    {
        Refused.Enqueue((model, inputs));
        return Task.CompletedTask;
    }

    private sealed class Permit(FakeLoadGate gate, ModelId model) : ILoadPermit
    {
        public bool IsSuspect => gate.IsSuspect;

        public async ValueTask DisposeAsync()
        {
            await gate.Leave(model);
            gate.passages.Enqueue($"{model} left");
        }
    }
}
