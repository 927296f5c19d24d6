using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Routing;

/// <summary>Whether any silo has the device without which a version must not be loaded.</summary>
public static class DeviceCheck
{
    /// <summary>Why no silo can load the version; null where one can.</summary>
    public static KreweException? FindObstacle(ClusterSnapshot view, CatalogVersion version)
    {
        if (version.Entry.RequiredProvider is not { } required || required == ExecutionProvider.Cpu)
        {
            return null;
        }

        var isThere = false;
        foreach (var node in view.Nodes)
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
            // Who has it says nothing at present: whether it can be placed is seen when it is called.
            return null;
        }

        return VersionChoice.NotAvailable(
            version.Id, $"it needs {NameOf(required)}, and no silo that has it offers that: {Describe(view, version.Id)}",
            TimeSpan.FromSeconds(10));
    }

    private static string Describe(ClusterSnapshot view, ModelId id)
    {
        var silos = view.Nodes.Where(node => node.Catalog.ContainsKey(id))
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
