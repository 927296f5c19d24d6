using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving;

/// <summary>What was decided about one model's traffic. Changes hold <see cref="Turn"/>; whoever reads needs no lock.</summary>
internal sealed class ModelLedger(ModelName name)
{
    private volatile StoredTraffic stored = StoredTraffic.None;

    public ModelName Name => name;

    /// <summary>Held by whoever changes something.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>What is in force.</summary>
    public StoredTraffic Stored
    {
        get => stored;
        set => stored = value;
    }

    public ModelTraffic Traffic => stored.Traffic;

    /// <summary>When the file that it was read from had last been written.</summary>
    public DateTime ReadAt { get; set; }

    /// <summary>The traffic; throws <see cref="KreweErrorCode.Unavailable"/> where it is not known.</summary>
    public ModelTraffic Read() => stored is { Error: { } error } ? throw KreweException.Unavailable(error) : stored.Traffic;
}
