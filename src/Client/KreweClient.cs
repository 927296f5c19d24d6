using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Hosting;
using Krewe.Rollouts.Control;

namespace Krewe.Client;

/// <summary>
/// The models of a Krewe cluster, for a .NET service: <c>await krewe.Model("iris").InferAsync(TensorOf.Values("x", [1, 4], 5.1f, 3.5f,
/// 1.4f, 0.2f))</c>. One for the whole process, from <see cref="KreweClientServiceCollectionExtensions.AddKreweClient"/>, or in a silo that
/// hosts models; safe from any thread.
/// </summary>
public sealed class KreweClient
{
    internal KreweClient(IModelHost host, IRolloutControl rollouts) => (Host, Rollouts) = (host, rollouts);

    /// <summary>Everything a host can be asked: lists, signatures, statistics, loading and unloading.</summary>
    public IModelHost Host { get; }

    /// <summary>Aliases and rollouts of models.</summary>
    public IRolloutControl Rollouts { get; }

    /// <summary>
    /// A model; its route chooses the version. Costs nothing and asks nobody. A name that cannot be one throws
    /// <see cref="KreweException"/> with <see cref="KreweErrorCode.InvalidInput"/>.
    /// </summary>
    public ModelClient Model(string name) => new(Host, new ModelReference(ModelName.Parse(name)));

    /// <summary>
    /// What an alias of a model names at the time of each call, or a version by its number. What can be neither throws
    /// <see cref="KreweException"/> with <see cref="KreweErrorCode.InvalidInput"/>.
    /// </summary>
    public ModelClient Model(string name, string alias) =>
        new(Host, new ModelReference(ModelName.Parse(name), VersionSelector.Parse(alias)));

    /// <summary>One version of a model.</summary>
    public ModelClient Model(string name, long version) =>
        new(Host, new ModelReference(ModelName.Parse(name), VersionSelector.Of(new ModelVersion(version))));
}
