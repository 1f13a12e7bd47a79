// Compiles each file named as an argument with the Groovy that Jenkins embeds, and with --run also runs it: every step
// that it calls is written down, every block of it entered. Prints {file: {"error": …} or {"steps": [[name, …], …]}}.
import groovy.json.JsonOutput
import org.codehaus.groovy.control.CompilationFailedException
import org.codehaus.groovy.control.CompilerConfiguration

// A name that nobody defined, such as POD_LABEL or scm, stands for itself.
class Names extends Binding {
    final List steps = []

    @Override
    Object getVariable(String name) {
        hasVariable(name) ? super.getVariable(name) : name
    }
}

abstract class Pipeline extends Script {
    def methodMissing(String name, Object given) {
        List arguments = given as List
        List words = arguments.findAll { !(it instanceof Closure) }
        // A GString would be text that Groovy has changed: told apart from text that it left alone.
        ((Names) getBinding()).steps << [name] + words.collect { it instanceof GString ? [changed: it.toString()] : it }
        arguments.findAll { it instanceof Closure }.each { it.call() }
    }
}

def run = args[0] == '--run'
def configuration = new CompilerConfiguration(scriptBaseClass: Pipeline.name)
def results = [:]
for (name in (run ? args.drop(1) : args)) {
    def names = new Names()
    try {
        def shell = new GroovyShell(this.class.classLoader, names, configuration)
        // By a name of ours: the file's own could be that of a class here.
        def script = shell.parse(new File(name).getText('UTF-8'), 'Jenkins.groovy')
        if (run) {
            script.run()
        }
        results[name] = [steps: names.steps]
    } catch (CompilationFailedException refused) {
        results[name] = [error: refused.message]
    }
}
println JsonOutput.toJson(results)
