using System.Reflection;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

public sealed class ContractTests
{
    public static TheoryData<Type> Declared => [.. ContractTypes.Declared];

    [Theory]
    [MemberData(nameof(Declared))]
    public void What_a_grain_takes_or_gives_has_a_codec_and_a_copier(Type type)
    {
        Assert.True(Wire.Serializer.CanSerialize(type), $"{type} cannot be serialized");
        Assert.NotNull(Wire.Copiers.TryGetDeepCopier(type));
    }

    [Fact]
    public void Every_type_of_ours_in_a_grain_method_has_kept_bytes() =>
        Assert.Empty(ContractTypes.Ours.Except(Samples.All.Select(sample => sample.GetType())));

    [Fact]
    public void A_type_without_a_codec_is_found() => Assert.False(Wire.Serializer.CanSerialize<HostReadiness>());

    [Fact]
    public void A_list_of_any_make_travels()
    {
        IReadOnlyList<ModelVersionStatus> none = [];
        IReadOnlyList<ModelVersionStatus> expression = [.. Enumerable.Repeat(Samples.Status, 2)];
        IReadOnlyList<ModelVersionStatus>[] lists = [none, expression, new[] { Samples.Status }, new List<ModelVersionStatus> { Samples.Status }];
        foreach (var list in lists)
        {
            Assert.Equal(list, Wire.Travel(list));
            Assert.Equal(list, Wire.CopyResult(list));
        }
    }

    [Fact]
    public void Lists_that_a_report_leaves_out_stay_left_out()
    {
        var received = Wire.Travel(Samples.Report with { Catalog = default, Sessions = default, Replicas = default });

        Assert.True(received.Catalog.IsDefault);
        Assert.True(received.Sessions.IsDefault);
        Assert.True(received.Replicas.IsDefault);
        Assert.Equal(Samples.Report.Labels, received.Labels);
    }

    [Fact]
    public void A_grain_can_throw_our_error()
    {
        var error = new KreweException(KreweErrorCode.Overloaded, "full", new InvalidOperationException("inner")) { RetryAfter = TimeSpan.FromSeconds(2) };

        var received = Assert.IsType<KreweException>(Wire.Travel<Exception>(error));

        Assert.Equal((error.Code, error.Message, error.RetryAfter), (received.Code, received.Message, received.RetryAfter));
        Assert.Null(received.InnerException);
    }

    [Fact]
    public void An_unset_name_version_or_selector_stays_unset()
    {
        Assert.Equal(default, Wire.Travel(default(ModelId)));
        Assert.Equal(default, Wire.Travel(default(ModelReference)));
        Assert.Equal(ModelReference.Parse("m", "stable"), Wire.Travel(ModelReference.Parse("m", "stable")));
        Assert.Null(Wire.Travel<ModelReference?>(null));
    }

    [Fact]
    public void Aliases_are_unique()
    {
        var assembly = typeof(IReplicaGrain).Assembly;
        var types = assembly.GetTypes().Where(type => type.Namespace?.StartsWith("Krewe.Grains.Interfaces", StringComparison.Ordinal) == true);
        var given = types.Select(type => type.GetCustomAttribute<AliasAttribute>()?.Alias).OfType<string>().Concat(TypeAliases.All.Keys).ToList();

        Assert.True(given.Count > 20, $"only {given.Count} aliases");
        Assert.Equal(given.Distinct().Order(), given.Order());
        Assert.All(given, alias => Assert.StartsWith("krewe.", alias, StringComparison.Ordinal));
        foreach (var methods in ContractTypes.Interfaces.Select(type => type.GetMethods().Select(method => method.GetCustomAttribute<AliasAttribute>()?.Alias)))
        {
            Assert.DoesNotContain(null, methods);
            Assert.Equal(methods.Distinct(), methods);
        }
    }

    [Fact]
    public void Every_type_that_travels_has_an_alias()
    {
        var named = ContractTypes.Interfaces.Concat(Samples.All.Select(sample => sample.GetType()));

        Assert.All(named, type => Assert.True(
            type.GetCustomAttribute<AliasAttribute>() is not null || TypeAliases.All.Values.Contains(type), $"{type} has no alias"));
    }
}
