using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Krewe.Programs.Tests.Architecture;

/// <summary>
/// Which namespaces of an assembly use which others of it: by base types, members, attributes and the bodies of methods. Constants and
/// <c>nameof</c> leave no trace in a body and do not count.
/// </summary>
internal sealed class NamespaceGraph
{
    private readonly Dictionary<string, Dictionary<string, SortedSet<string>>> uses = [];
    private readonly ModuleDefinition module;

    private NamespaceGraph(ModuleDefinition module)
    {
        this.module = module;
        foreach (var type in module.GetTypes())
        {
            ReadType(type);
        }
    }

    /// <summary>The namespaces.</summary>
    public IReadOnlyCollection<string> Namespaces => uses.Keys;

    /// <summary>Reads an assembly.</summary>
    public static NamespaceGraph Read(string path)
    {
        using var module = ModuleDefinition.ReadModule(path);
        return new NamespaceGraph(module);
    }

    /// <summary>
    /// Namespaces that use each other, by way of others too: each set with the uses that make it one, as <c>Namespace.Type -> Other.Type</c>.
    /// </summary>
    public IEnumerable<string> FindCycles()
    {
        var seen = new HashSet<string>();
        foreach (var start in uses.Keys.Order(StringComparer.Ordinal).Where(start => !seen.Contains(start)))
        {
            var reached = Reach(start);
            string[] cycle = [start, .. reached.Where(other => other != start && Reach(other).Contains(start)).Order(StringComparer.Ordinal)];
            if (cycle.Length > 1)
            {
                seen.UnionWith(cycle);
                var edges = cycle.SelectMany(from => uses[from].Where(use => cycle.Contains(use.Key)).SelectMany(static use => use.Value));
                yield return $"{string.Join(", ", cycle)}:\n  {string.Join("\n  ", edges)}";
            }
        }
    }

    private HashSet<string> Reach(string start)
    {
        var reached = new HashSet<string>();
        var unread = new Stack<string>([start]);
        while (unread.TryPop(out var next))
        {
            foreach (var other in uses.GetValueOrDefault(next, []).Keys.Where(reached.Add))
            {
                unread.Push(other);
            }
        }

        return reached;
    }

    private void ReadType(TypeDefinition type)
    {
        Use(type, type.BaseType);
        ReadAttributes(type, type);
        foreach (var implemented in type.Interfaces)
        {
            Use(type, implemented.InterfaceType);
        }

        foreach (var constraint in type.GenericParameters.SelectMany(static parameter => parameter.Constraints))
        {
            Use(type, constraint.ConstraintType);
        }

        foreach (var field in type.Fields)
        {
            Use(type, field.FieldType);
            ReadAttributes(type, field);
        }

        foreach (var property in type.Properties)
        {
            ReadAttributes(type, property);
        }

        foreach (var method in type.Methods)
        {
            ReadMethod(type, method);
        }
    }

    private void ReadMethod(TypeDefinition type, MethodDefinition method)
    {
        ReadAttributes(type, method);
        UseSignature(type, method);
        if (!method.HasBody)
        {
            return;
        }

        foreach (var local in method.Body.Variables)
        {
            Use(type, local.VariableType);
        }

        foreach (var handler in method.Body.ExceptionHandlers)
        {
            Use(type, handler.CatchType);
        }

        foreach (var instruction in method.Body.Instructions)
        {
            ReadOperand(type, instruction);
        }
    }

    private void ReadOperand(TypeDefinition type, Instruction instruction)
    {
        switch (instruction.Operand)
        {
            case TypeReference used:
                Use(type, used);
                break;
            case MethodReference called:
                Use(type, called.DeclaringType);
                UseSignature(type, called);
                break;
            case FieldReference field:
                Use(type, field.DeclaringType);
                Use(type, field.FieldType);
                break;
        }
    }

    private void UseSignature(TypeDefinition type, MethodReference method)
    {
        Use(type, method.ReturnType);
        foreach (var parameter in method.Parameters)
        {
            Use(type, parameter.ParameterType);
        }

        foreach (var argument in (method as GenericInstanceMethod)?.GenericArguments ?? [])
        {
            Use(type, argument);
        }
    }

    private void ReadAttributes(TypeDefinition type, ICustomAttributeProvider provider)
    {
        foreach (var attribute in provider.CustomAttributes)
        {
            Use(type, attribute.AttributeType);
        }
    }

    private void Use(TypeDefinition from, TypeReference? to)
    {
        if (to is GenericInstanceType generic)
        {
            foreach (var argument in generic.GenericArguments)
            {
                Use(from, argument);
            }
        }

        if (to?.GetElementType() is not { IsGenericParameter: false } element || element.Scope != module)
        {
            return;
        }

        var (user, used) = (Outermost(from), Outermost(element));
        var (here, there) = (user.Namespace, used.Namespace);
        if (IsOurs(here) && IsOurs(there))
        {
            var others = uses.TryGetValue(here, out var known) ? known : uses[here] = [];
            if (here != there)
            {
                (others.TryGetValue(there, out var pairs) ? pairs : others[there] = []).Add($"{user.FullName} -> {used.FullName}");
            }
        }
    }

    // Generators of code write namespaces of their own.
    private static bool IsOurs(string name) => name == "Krewe" || name.StartsWith("Krewe.", StringComparison.Ordinal);

    private static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;
}
