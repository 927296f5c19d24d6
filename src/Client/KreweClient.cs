using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Hosting;
using Krewe.Rollouts.Control;

namespace Krewe.Client;

/// <summary>
/// A client of the models of a Krewe cluster: <c>await krewe.Model("iris").InferAsync(TensorOf.Values("x", [1, 4], 5.1f, 3.5f, 1.4f,
/// 0.2f))</c>. One per process, from <see cref="KreweClientServiceCollectionExtensions.AddKreweClient"/>, or in a silo that hosts models;
/// thread-safe.
/// </summary>
public sealed class KreweClient
{
    internal KreweClient(IModelHost host, IRolloutControl rollouts) => (Host, Rollouts) = (host, rollouts);

    /// <summary>The host API: lists, signatures, statistics, loading and unloading.</summary>
    public IModelHost Host { get; }

    /// <summary>Aliases and rollouts of models.</summary>
    public IRolloutControl Rollouts { get; }

    /// <summary>
    /// A model, with the version chosen by its route. Makes no call. An invalid name throws <see cref="KreweException"/> with
    /// <see cref="KreweErrorCode.InvalidInput"/>.
    /// </summary>
    public ModelClient Model(string name) => new(Host, new ModelReference(ModelName.Parse(name)));

    /// <summary>
    /// A model with an alias, resolved at each call, or a version number. An invalid text throws <see cref="KreweException"/> with
    /// <see cref="KreweErrorCode.InvalidInput"/>.
    /// </summary>
    public ModelClient Model(string name, string alias) =>
        new(Host, new ModelReference(ModelName.Parse(name), VersionSelector.Parse(alias)));

    /// <summary>One version of a model.</summary>
    public ModelClient Model(string name, long version) =>
        new(Host, new ModelReference(ModelName.Parse(name), VersionSelector.Of(new ModelVersion(version))));
}
