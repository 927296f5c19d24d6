using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Krewe.Grains.Decisions;
using Krewe.Grains.Models;
using Krewe.Grains.Rollouts;
using Krewe.Grains.Versions;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Member.Tests.Files;

/// <summary>What is stored is read for ever: a member renamed in the code keeps the name that it has there.</summary>
public sealed class StoredNamesTests
{
    private static readonly Type[] Stored =
    [
        typeof(ModelTraffic), typeof(TrafficRoute), typeof(RolloutPlan), typeof(RolloutCounts),
        typeof(ModelState), typeof(CountsState), typeof(LoadRecord), typeof(RoutingTableState), typeof(RoutedModels),
    ];

    private readonly JsonSerializerOptions options = new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
    private readonly HashSet<Type> seen = [];
    private readonly List<string> names = [];
    private readonly List<string> nameless = [];

    [Fact]
    public void Each_stored_member_has_a_name_of_its_own()
    {
        Array.ForEach(Stored, Visit);

        Assert.Empty(nameless);
        Assert.Contains("HistoryEntry.Why = why", names);
        Assert.Contains("LoadDeath.SiloName = siloName", names);
        Assert.Contains("RolloutPhase.KeepingWarm = KeepingWarm", names);
        Assert.InRange(names.Count, 100, 200);
    }

    private void Visit(Type? type)
    {
        if (type is null || !seen.Add(type))
        {
            return;
        }

        if (type.IsEnum)
        {
            foreach (var member in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                Note(member, member.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name);
            }
        }
        else if (options.GetTypeInfo(type) is var info && info.Kind != JsonTypeInfoKind.Object)
        {
            Visit(info.ElementType);
            Visit(info.KeyType);
            Visit(Nullable.GetUnderlyingType(type));
        }
        else if (type.Namespace!.StartsWith("Krewe.", StringComparison.Ordinal) && type != typeof(Share))
        {
            foreach (var member in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsStored))
            {
                Note(member, member.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name);
                Visit(member.PropertyType);
            }
        }
    }

    /// <summary>What can be set, and, as the serializer has it, collections that cannot.</summary>
    private static bool IsStored(PropertyInfo member) =>
        member.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition != JsonIgnoreCondition.Always
        && (member.CanWrite || (member.PropertyType != typeof(string) && member.PropertyType.IsAssignableTo(typeof(IEnumerable))));

    private void Note(MemberInfo member, string? name) =>
        (name is null ? nameless : names).Add($"{member.DeclaringType!.Name}.{member.Name}{(name is null ? "" : " = " + name)}");
}
