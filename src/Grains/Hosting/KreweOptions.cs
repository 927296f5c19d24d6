using Krewe.Client.Settings;
using Krewe.Serving;

namespace Krewe.Grains.Hosting;

/// <summary>How a silo hosts models. Everything but the model folder has a default.</summary>
public sealed class KreweOptions
{
    /// <summary>The folder with one subfolder per model; it must exist.</summary>
    public string Models
    {
        get => Serving.Repository.Root;
        set => Serving.Repository.Root = value;
    }

    /// <summary>Memory, threads and devices of this process.</summary>
    public ServingOptions Serving { get; } = new();

    /// <summary>How this silo takes part in the cluster.</summary>
    public NodeOptions Node { get; } = new();

    /// <summary>How this process calls models of the cluster.</summary>
    public ClusterCallOptions Calls { get; } = new();

    /// <summary>Whether this process calls models of the cluster, for its HTTP API or its own grains. False: it only hosts them.</summary>
    public bool CallsModels { get; set; } = true;
}
