using System.Text.Json;
using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Models;

namespace Krewe.Api.Endpoints;

/// <summary>Writes the cluster's status as JSON; names and versions as in the repository index.</summary>
internal static class ClusterJson
{
    public static void Write(Utf8JsonWriter json, ClusterStatus cluster)
    {
        json.WriteStartObject();
        json.WriteStartArray("silos");
        foreach (var silo in cluster.Silos)
        {
            WriteSilo(json, silo);
        }

        json.WriteEndArray();
        json.WriteStartArray("quarantined");
        foreach (var version in cluster.Quarantined)
        {
            json.WriteStartObject();
            WriteModel(json, version.Model);
            json.WriteString("reason", version.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSilo(Utf8JsonWriter json, SiloStatus silo)
    {
        json.WriteStartObject();
        json.WriteString("name", silo.Name);
        json.WriteString("address", silo.Address);
        json.WriteString("state", StateOf(silo));
        json.WriteString("reason", silo.NotReady);
        WriteDevices(json, silo);
        json.WriteNumber("memory_budget_bytes", silo.MemoryBudgetBytes);
        json.WriteNumber("memory_used_bytes", silo.MemoryUsedBytes);
        json.WriteNumber("queue_depth", silo.QueueDepth);
        json.WriteNumber("versions", silo.Versions);
        WriteResidents(json, silo);
        json.WriteEndObject();
    }

    private static string StateOf(SiloStatus silo) => silo switch
    {
        { IsDraining: true } => "DRAINING",
        { NotReady.Length: > 0 } => "NOT_READY",
        _ => "READY",
    };

    private static void WriteDevices(Utf8JsonWriter json, SiloStatus silo)
    {
        json.WriteStartArray("execution_providers");
        foreach (var provider in silo.Providers)
        {
            json.WriteStringValue(ConfigurationJson.NameOf(provider));
        }

        json.WriteEndArray();
        json.WriteStartObject("labels");
        foreach (var (name, value) in silo.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private static void WriteResidents(Utf8JsonWriter json, SiloStatus silo)
    {
        json.WriteStartArray("sessions");
        foreach (var model in silo.Sessions)
        {
            json.WriteStartObject();
            WriteModel(json, model);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("replicas");
        foreach (var replica in silo.Replicas)
        {
            json.WriteStartObject();
            WriteModel(json, replica.Model);
            json.WriteNumber("index", replica.Index);
            json.WriteBoolean("loaded", replica.IsLoaded);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteModel(Utf8JsonWriter json, ModelId model)
    {
        json.WriteString("name", model.Name.Value);
        json.WriteString("version", model.Version.ToString());
    }
}
