using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Client.Routing;

/// <summary>Resolves references to versions, and explains why one cannot serve.</summary>
public static class VersionChoice
{
    /// <summary>The reason of a version that is being deleted.</summary>
    public const string Deleted = "it is being deleted";

    /// <summary>The model; throws if it is unknown.</summary>
    public static CatalogModel FindModel(ClusterSnapshot snapshot, ModelName name) =>
        snapshot.Models.TryGetValue(name, out var model) ? model : throw UnknownModel.Error(name, snapshot.Models.Keys);

    /// <summary>The version of this number, or null.</summary>
    public static CatalogVersion? Find(CatalogModel model, ModelVersion number)
    {
        foreach (var version in model.Versions)
        {
            if (version.Id.Version == number)
            {
                return version;
            }
        }

        return null;
    }

    /// <summary>
    /// The version of a reference, servable or not: the one named by number or alias, or the newest servable one, or the newest. A rollout
    /// plays no part: it splits inferences only. Throws if there is none.
    /// </summary>
    public static CatalogVersion Resolve(ClusterSnapshot snapshot, ModelReference reference) =>
        Resolve(FindModel(snapshot, reference.Name), reference);

    /// <inheritdoc cref="Resolve(ClusterSnapshot, ModelReference)"/>
    public static CatalogVersion Resolve(CatalogModel model, ModelReference reference) => NumberOf(model, reference) is not { } number
        ? Newest(model)
        : Find(model, number) ?? throw (reference.Version.Number is null ? Gone(model, reference, number) : UnknownModel.Error(reference));

    /// <summary>The newest servable version, or the newest; throws if there is none.</summary>
    public static CatalogVersion Newest(CatalogModel model) =>
        NewestBelow(model, null) ?? (model.Versions.IsEmpty ? throw Unservable(model) : model.Versions[^1]);

    /// <summary>The versions of a reference, or all of the model if it names none; throws if there are none.</summary>
    public static IReadOnlyList<CatalogVersion> ResolveAll(ClusterSnapshot snapshot, ModelReference reference)
    {
        if (!reference.Version.IsRouted)
        {
            return [Resolve(snapshot, reference)];
        }

        var model = FindModel(snapshot, reference.Name);
        return model.Versions.IsEmpty ? throw Unservable(model) : model.Versions;
    }

    /// <summary>The newest servable version, optionally below a number; null if there is none.</summary>
    public static CatalogVersion? NewestBelow(CatalogModel model, ModelVersion? below)
    {
        for (var i = model.Versions.Length - 1; i >= 0; i--)
        {
            var version = model.Versions[i];
            if (version.CanServe && (below is not { } limit || version.Id.Version < limit))
            {
                return version;
            }
        }

        return null;
    }

    /// <summary>The error of an alias whose version no silo has.</summary>
    public static KreweException Gone(CatalogModel model, ModelReference reference, ModelVersion number) => NotAvailable(
        new ModelId(model.Name, number), $"the alias '{reference.Version.Alias ?? ModelTraffic.Prod}' names it, and no silo has it",
            TimeSpan.FromSeconds(1));

    /// <summary>Why the version is excluded on every silo; null if it is not.</summary>
    public static KreweException? FindExclusion(CatalogVersion version) =>
        version.IsRetired ? NotAvailable(version.Id, Deleted) :
        version.Quarantine is { } reason ? NotAvailable(version.Id, reason)
        : version.IsUnloaded ? KreweException.Unavailable(
            $"model '{version.Id.Name}' version '{version.Id.Version}' is unloaded; load it to serve it again")
        : null;

    /// <summary>The error of a version that cannot serve.</summary>
    public static KreweException NotAvailable(ModelId id, string reason, TimeSpan? retryAfter = null) =>
        KreweException.Unavailable(NotAvailable(id) + ReasonOf(id, reason), retryAfter);

    /// <summary>The reason within the error of a version that cannot serve.</summary>
    public static string ReasonOf(ModelId id, string message) =>
        message.StartsWith(NotAvailable(id), StringComparison.Ordinal) ? message[NotAvailable(id).Length..] : message;

    private static string NotAvailable(ModelId id) => $"model '{id.Name}' version '{id.Version}' is not available: ";

    /// <summary>The number of a reference; null for the newest servable version.</summary>
    private static ModelVersion? NumberOf(CatalogModel model, ModelReference reference) =>
        reference.Version.Number ?? ResolveName(model, reference);

    private static ModelVersion? ResolveName(CatalogModel model, ModelReference reference)
    {
        VersionChecks.RefuseUnknown(model.Traffic);
        return reference.Version switch
        {
            { Alias: var alias } when model.Traffic is { } traffic
                && traffic.Aliases.TryGetValue(alias ?? ModelTraffic.Prod, out var version) => version,
            { Alias: null or ModelTraffic.Prod or ModelTraffic.Latest } => null,
            _ => throw VersionChecks.UnknownAlias(reference, model.Traffic),
        };
    }

    private static KreweException Unservable(CatalogModel model) =>
        KreweException.Unavailable(
            $"model '{model.Name}' cannot be served: {(model.Error.Length > 0 ? model.Error : "it has no version")}");
}
