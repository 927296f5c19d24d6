using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Routing;

/// <summary>Checks whether a silo has the device that a version requires.</summary>
public static class DeviceCheck
{
    /// <summary>Why no silo can load the version; null if one can.</summary>
    public static KreweException? FindObstacle(ClusterSnapshot snapshot, CatalogVersion version)
    {
        if (version.Entry.RequiredProvider is not { } required || required == ExecutionProvider.Cpu)
        {
            return null;
        }

        var isThere = false;
        foreach (var node in snapshot.Nodes)
        {
            if (node.Catalog.ContainsKey(version.Id))
            {
                isThere = true;
                if (!node.Report.IsDraining && node.Report.Providers.Contains(required))
                {
                    return null;
                }
            }
        }

        if (!isThere)
        {
            // No silo with the version reports at present; placement decides at the call.
            return null;
        }

        return VersionChoice.NotAvailable(
            version.Id, $"it needs {NameOf(required)}, and no silo that has it offers that: {Describe(snapshot, version.Id)}",
            TimeSpan.FromSeconds(10));
    }

    private static string Describe(ClusterSnapshot snapshot, ModelId id)
    {
        var silos = snapshot.Nodes.Where(node => node.Catalog.ContainsKey(id))
            .OrderBy(node => node.Report.Name, StringComparer.Ordinal)
            .Select(node => $"{node.Report.Name} has "
                + $"{string.Join(" and ", node.Report.Providers.Select(NameOf))}{(node.Report.IsDraining ? " (and is stopping)" : "")}")
            .ToArray();
        return string.Join(", ", silos.Take(8)) + (silos.Length > 8 ? ", ..." : "");
    }

    private static string NameOf(ExecutionProvider provider) => provider switch
    {
        ExecutionProvider.Cpu => "CPU",
        ExecutionProvider.Cuda => "CUDA",
        ExecutionProvider.TensorRt => "TensorRT",
        _ => throw new ArgumentOutOfRangeException(nameof(provider), provider, null),
    };
}
